import { expect, onTestFinished, test } from 'vitest';
import { HostError } from '../../src/index.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, type Served, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';
import { type Attack, type AttackWay, attacksIn, nameOf } from './attacks.ts';
import { startAttacker, strike } from './run-attack.ts';

/** The requests of a good client during each attack. */
const BESIDE = 10;

/** Runs each attack for one engine and isolation next to a good guest: a test file for each, so that they run in parallel. */
export function testAttacks(way: AttackWay): void {
  // One after the other: the second finds what the first left. In jco's glue nothing is used again.
  const strikesInAll = way.engine === 'jco' ? 1 : 2;
  test.each(attacksIn(way).map((attack) => [nameOf(attack), attack] as const))('%s', async (_name, attack) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    await using good = await serveGuest('hello');
    if (attack.outcome === 'refused') return await expectRefusal(attack, way, good);
    await using attacker = await startAttacker(attack, { way });
    const { host } = attacker.served;
    const start = leftovers(host);

    for (let strikes = 0; strikes < strikesInAll; strikes += 1) {
      const struck = strike(attacker.target);
      await askBeside(good);
      expect(await struck).toBe(attack.outcome);
      await until(() => host.inFlight === 0);
    }
    const said = failuresOf(attacker.served);
    if (attack.log === undefined) expect(said).toEqual([]);
    else expect(said.at(-1)).toMatch(way.engine === 'jco' ? /./ : attack.log);
    await untilNothingIsLeft(host, start);
    expect(unhandled).toEqual([]);
    expect((await requestRaw(good.origin, rawGet('/'))).status).toBe(200);
  });
}

/** It fails before any of its code runs, in either engine, and delays no other request meanwhile. */
async function expectRefusal(attack: Attack, way: AttackWay, good: Served): Promise<void> {
  const refusal = startAttacker(attack, { way });
  const beside = askBeside(good);
  await expect(refusal).rejects.toThrow(HostError);
  await expect(refusal).rejects.toThrow(attack.log);
  await beside;
}

async function askBeside(good: Served): Promise<void> {
  const replies = Array.from({ length: BESIDE }, () => requestRaw(good.origin, rawGet('/')));
  for (const { body } of await Promise.all(replies)) expect(body).toBe('Hello from wasi-serve!\n');
}
