import { expect, test } from 'vitest';
import { loadComponent } from '../../src/index.ts';
import { assembleAttack, listAttacks } from './assemble.ts';
import { ATTACKS } from './attacks.ts';

test('each attack of components/hostile/ is made', () => {
  const files = [...new Set(ATTACKS.map(({ file }) => file))];
  for (const file of files) {
    const made = ATTACKS.filter((attack) => attack.file === file).map(({ name }) => name);
    expect([...new Set(made)].toSorted()).toEqual(listAttacks(file).toSorted());
  }
});

test.each(['trap-at-start', 'recurse-at-start'])('what does not start is not reset (%s)', async (name) => {
  const loading = loadComponent(await assembleAttack('control', name), { cache: false, isolation: 'reset' });
  await expect(loading).rejects.toThrow(/cannot be reset: its start fails/);
});
