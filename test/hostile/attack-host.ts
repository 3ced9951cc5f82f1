// A process of its own that serves a good guest beside each attacker that its parent asks for.
import { serveGuest } from '../harness/serve-guest.ts';
import { ATTACKS } from './attacks.ts';
import { type Attacker, startAttacker } from './run-attack.ts';

/** What the parent asks for: attacker number `attack`, or its end. */
export type Order = { readonly attack: number } | 'end';

/** What it is told: whom to ask, or what memory is left. In bytes. */
export type Report =
  | { readonly origin: string; readonly path: string }
  | { readonly rss: number; readonly inFlight: number };

const good = await serveGuest('hello');
let attacker: Attacker | undefined;
process.on('message', (order: Order) => void carryOut(order).then((report) => process.send?.(report)));
process.on('disconnect', () => process.exit(0));
process.send?.({ origin: good.origin, path: '/' } satisfies Report);

async function carryOut(order: Order): Promise<Report> {
  const attack = order === 'end' ? undefined : ATTACKS[order.attack];
  if (attack !== undefined) {
    attacker = await startAttacker(attack);
    return { origin: attacker.served.origin, path: attacker.path };
  }
  const inFlight = attacker?.served.host.inFlight ?? 0;
  await attacker?.[Symbol.asyncDispose]();
  attacker = undefined;
  // What V8 finds in two rounds is all that it finds at leisure.
  globalThis.gc?.();
  globalThis.gc?.();
  return { rss: process.memoryUsage.rss(), inFlight };
}
