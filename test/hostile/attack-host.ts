// A separate process that serves a good guest together with each attacker that its parent asks for.
import { serveGuest } from '../harness/serve-guest.ts';
import { HostError } from '../../src/index.ts';
import { rawGet } from '../harness/raw-client.ts';
import { type AttackWay, attacksIn } from './attacks.ts';
import { type Attacker, type Target, startAttacker } from './run-attack.ts';

/** What the parent asks for: attacker number `attack` of one way, or its end. */
export type Order = { readonly way: AttackWay; readonly attack: number } | 'end';

/** What it replies: what to request and from where, that there is nothing to request, or how much memory is left. In bytes. */
export type Report = Target | 'refused' | { readonly rss: number; readonly inFlight: number };

const good = await serveGuest('hello');
let attacker: Attacker | undefined;
process.on('message', (order: Order) => void carryOut(order).then((report) => process.send?.(report)));
process.on('disconnect', () => process.exit(0));
process.send?.({ origin: good.origin, request: rawGet('/') } satisfies Report);

async function carryOut(order: Order): Promise<Report> {
  const attack = order === 'end' ? undefined : attacksIn(order.way)[order.attack];
  if (order !== 'end' && attack !== undefined) {
    try {
      attacker = await startAttacker(attack, { way: order.way });
    } catch (error) {
      if (error instanceof HostError) return 'refused';
      throw error;
    }
    return attacker.target;
  }
  const inFlight = attacker?.served.host.inFlight ?? 0;
  await attacker?.[Symbol.asyncDispose]();
  attacker = undefined;
  // What V8 finds in two rounds is all that it finds at leisure.
  globalThis.gc?.();
  globalThis.gc?.();
  return { rss: process.memoryUsage.rss(), inFlight };
}
