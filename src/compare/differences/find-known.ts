import type { Probe } from '../requests/probe.ts';
import type { WireExchange } from '../wire/exchange.ts';
import type { Difference } from './difference.ts';

/** A probe and what came of it. */
interface Pair {
  readonly probe: Probe;
  readonly ours: WireExchange;
  readonly theirs: WireExchange;
}

/** A difference from `wasmtime serve` that is meant. */
interface Known {
  readonly why: string;
  isIt(difference: Difference, pair: Pair): boolean;
}

/** Statuses that say what a guest's `set(err(code))` means. */
const MAPPED: ReadonlySet<number> = new Set([403, 408, 413, 414, 431, 502, 504, 508]);

/** Statuses with which a server refuses a request before its guest has seen it. */
const REFUSING: ReadonlySet<number> = new Set([400, 405, 408, 411, 413, 414, 417, 431, 501, 505]);

const KNOWN: readonly Known[] = [
  {
    why: 'a request that HTTP does not allow is refused before the guest runs',
    isIt: ({ aspect }, { probe, ours, theirs }) =>
      (aspect === 'status' || aspect === 'reply' || aspect === 'end') &&
      (probe.group === 'malformed' || probe.name === 'GET *') &&
      isRefusal(ours) &&
      !isRefusal(theirs),
  },
  {
    why: 'a reply that breaks after its head resets the connection, so that it never looks complete',
    isIt: ({ aspect }, { ours, theirs }) =>
      (aspect === 'end' || aspect === 'reply' || aspect === 'body') &&
      ours.replies.some(({ isWhole }) => !isWhole) &&
      ours.end === 'reset' &&
      theirs.replies.every(({ isWhole }) => isWhole),
  },
  {
    why: 'the error code that a guest sets has a status that says it',
    isIt: ({ aspect }, { ours, theirs }) =>
      aspect === 'status' && theirs.replies[0]?.status === 500 && MAPPED.has(ours.replies[0]?.status ?? 0),
  },
];

/** The difference, with the reason why it is meant, if it is. */
export function findKnown(difference: Difference, pair: Pair): Difference {
  const known = KNOWN.find(({ isIt }) => isIt(difference, pair));
  return known === undefined ? difference : { ...difference, known: known.why };
}

function isRefusal({ replies: [first] }: WireExchange): boolean {
  return first !== undefined && REFUSING.has(first.status);
}
