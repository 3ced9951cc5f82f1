import type { Probe } from '../requests/probe.ts';
import type { WireExchange } from '../wire/exchange.ts';
import type { Aspect, Difference } from './difference.ts';

/** A probe and what came of it. */
interface Pair {
  readonly probe: Probe;
  readonly ours: WireExchange;
  readonly theirs: WireExchange;
}

/** A difference from `wasmtime serve` that is meant. */
interface Known {
  readonly why: string;
  /** Where it shows. */
  readonly aspects: readonly Aspect[];
  isIt(pair: Pair, difference: Difference): boolean;
}

/** Statuses that say what a guest's `set(err(code))` means. */
const MAPPED: ReadonlySet<number> = new Set([403, 408, 413, 414, 431, 502, 504, 508]);

/** Statuses with which a server refuses a request before its guest has seen it. */
const REFUSING: ReadonlySet<number> = new Set([400, 405, 408, 411, 413, 414, 417, 431, 501, 505]);

/** Targets that are not what RFC 9112, 3.2 allows for their method. */
const BAD_TARGETS: ReadonlySet<string> = new Set(['GET *', 'no slash']);

const KNOWN: readonly Known[] = [
  {
    why: 'a request that HTTP does not allow is refused before the guest runs',
    aspects: ['status', 'reply', 'end'],
    isIt: ({ probe, ours, theirs }) =>
      (probe.group === 'malformed' || BAD_TARGETS.has(probe.name)) && isRefusal(ours) && !isRefusal(theirs),
  },
  {
    why: 'a refusal says what is wrong with the request, by its status and in words',
    aspects: ['status', 'field', 'body'],
    isIt: ({ ours, theirs }) => isRefusal(ours) && isRefusal(theirs) && theirs.replies[0]?.body.byteLength === 0,
  },
  {
    why: 'a reply that breaks after its head resets the connection, so that it never looks complete',
    aspects: ['end', 'reply', 'body'],
    isIt: ({ ours, theirs }) =>
      ours.replies.some(({ isWhole }) => !isWhole) &&
      ours.end === 'reset' &&
      theirs.replies.every(({ isWhole }) => isWhole),
  },
  {
    why: 'the error code that a guest sets has a status that says it',
    aspects: ['status'],
    isIt: ({ ours, theirs }) => statusOf(theirs) === 500 && MAPPED.has(statusOf(ours) ?? 0),
  },
  {
    why: 'the reply for a guest that failed is HTML only for who accepts that, and names the request',
    aspects: ['field', 'body'],
    isIt: ({ ours, theirs }) =>
      statusOf(ours) === 500 && statusOf(theirs) === 500 && bodyOf(ours).startsWith('500 Internal Server Error'),
  },
  {
    why: 'a guest sees the id of its request',
    aspects: ['body'],
    isIt: ({ ours, theirs }) => /x-request-id/i.test(bodyOf(ours)) && !/x-request-id/i.test(bodyOf(theirs)),
  },
  {
    why: 'the target reaches the guest as it came, byte for byte',
    aspects: ['status', 'end', 'body'],
    isIt: ({ probe, ours }) => probe.group === 'targets' && /[#{}|^`"<>]/.test(probe.name) && !isRefusal(ours),
  },
  {
    why: 'trailers reach every client of a reply in chunks, and each value of a repeated one guest and client',
    aspects: ['trailer', 'field', 'body'],
    isIt: ({ probe, ours, theirs }, { aspect }) =>
      (aspect === 'trailer' && trailersOf(ours) > trailersOf(theirs)) || hasRepeatedTrailers(probe),
  },
  {
    why: 'the connection goes on: what the guest does not read of a body is discarded, and HTTP/1.0 may keep connections too',
    aspects: ['end'],
    isIt: ({ ours, theirs }) => ours.end === 'open' && theirs.end === 'closed' && !isRefusal(ours),
  },
  {
    why: 'after CONNECT the connection ends, for no tunnel follows',
    aspects: ['end'],
    isIt: ({ probe, ours }) => probe.method === 'CONNECT' && ours.end === 'closed',
  },
  {
    why: 'a client that has closed its side after a whole request gets its reply',
    aspects: ['status', 'reply'],
    isIt: ({ probe, ours, theirs }) =>
      probe.ending === 'half-close' && ours.replies.length > 0 && theirs.replies.length === 0,
  },
  {
    why: 'a request whose client left inside its body has no reply',
    aspects: ['status', 'reply', 'end'],
    isIt: ({ probe, ours }) => probe.group === 'leaving clients' && ours.replies.length === 0,
  },
];

/** The difference, with the reason why it is meant, if it is. */
export function findKnown(difference: Difference, pair: Pair): Difference {
  const known = KNOWN.find(({ aspects, isIt }) => aspects.includes(difference.aspect) && isIt(pair, difference));
  return known === undefined ? difference : { ...difference, known: known.why };
}

function isRefusal(exchange: WireExchange): boolean {
  return REFUSING.has(statusOf(exchange) ?? 0);
}

function statusOf({ replies: [first] }: WireExchange): number | undefined {
  return first?.status;
}

function bodyOf({ replies }: WireExchange): string {
  return replies.map(({ body }) => body.toString('latin1')).join('\n');
}

function trailersOf({ replies }: WireExchange): number {
  return replies.reduce((sum, { trailers }) => sum + trailers.length, 0);
}

function hasRepeatedTrailers({ plain }: Probe): boolean {
  const names = (plain?.trailers ?? []).map(([name]) => name.toLowerCase());
  return new Set(names).size < names.length;
}
