import { lookup } from 'node:dns/promises';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mountDead } from '../../harness/dead-file-system.ts';
import { failuresOf, serveGuest } from '../../harness/serve-guest.ts';

test('guests that wait for a file system that never answers keep nobody else from files and lookups', async ({
  skip,
}) => {
  const dir = mkdtempSync(join(tmpdir(), 'wasi-serve-dead-'));
  const [good, bad] = [join(dir, 'good'), join(dir, 'bad')];
  for (const path of [good, join(bad, 'dead')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(good, 'file'), 'public');
  const dead = mountDead(join(bad, 'dead'));
  if (dead === undefined) skip('file systems cannot be mounted here');
  try {
    await using stuck = await serveGuest('file-facts', { directories: [{ host: bad }], timeoutMs: 300 });
    await using well = await serveGuest('file-facts', { directories: [{ host: good }] });
    const hanging = ['open', 'read', 'list', 'stat', 'write', 'times', 'remove', 'create'];
    const statuses = hanging.map(async (what) => (await fetch(`${stuck.origin}/?${what}=dead/file`)).status);
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([504]));
    expect(await (await fetch(`${well.origin}/?read=file`)).text()).toBe('public\n');
    expect((await lookup('localhost')).address).toMatch(/^(?:127\.0\.0\.1|::1)$/);
    expect(failuresOf(stuck)).toHaveLength(hanging.length);
  } finally {
    dead?.[Symbol.dispose]();
    rmSync(dir, { recursive: true, force: true });
  }
});
