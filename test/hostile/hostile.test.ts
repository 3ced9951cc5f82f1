import { expect, onTestFinished, test } from 'vitest';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../hazards/leftovers.ts';
import { until } from '../hazards/until.ts';
import { listAttacks } from './assemble.ts';
import { ATTACKS } from './attacks.ts';
import { startAttacker, strike } from './run-attack.ts';

/** Requests of a good client, before and during an attack. */
const BESIDE = 10;

test.each(ATTACKS)('$file: $name', async (attack) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  await using good = await serveGuest('hello');
  await using attacker = await startAttacker(attack);
  const { host } = attacker.served;
  const start = leftovers(host);

  const struck = strike({ origin: attacker.served.origin, path: attacker.path });
  const beside = Array.from({ length: BESIDE }, () => requestRaw(good.origin, rawGet('/')));
  for (const { body } of await Promise.all(beside)) expect(body).toBe('Hello from wasi-serve!\n');
  expect(await struck).toBe(attack.outcome);
  await until(() => host.inFlight === 0);
  if (attack.log === undefined) expect(failuresOf(attacker.served)).toEqual([]);
  else expect(failuresOf(attacker.served).at(-1)).toMatch(attack.log);
  await untilNothingIsLeft(host, start);
  expect(unhandled).toEqual([]);
  expect((await requestRaw(good.origin, rawGet('/'))).status).toBe(200);
});

test('each attack of components/hostile/ is made', () => {
  const files = [...new Set(ATTACKS.map(({ file }) => file))];
  for (const file of files) {
    expect(ATTACKS.filter((attack) => attack.file === file).map(({ name }) => name)).toEqual(listAttacks(file));
  }
});
