import type { LOAD_WAYS } from '../harness/guests.ts';
import type { HostileUpstream } from '../harness/hostile-upstreams.ts';
import { bombNames, TOO_DEAR } from './bombs.ts';
import { SAID_OF_LIES } from './lies.ts';

type Outcome = 200 | 500 | 504 | 508 | 'reset' | 'refused';
/** An engine and an isolation. */
export type AttackWay = (typeof LOAD_WAYS)[number];

/** What a hostile guest does, or a hostile upstream to a guest, and what becomes of it. */
export interface Attack {
  /** A file of components/hostile/, without its ending. */
  readonly file: string;
  /** The attack's heading in it. */
  readonly name: string;
  /** The status of the reply, or that it was broken off, or that the component is not loaded. */
  readonly outcome: Outcome;
  /** The last message in the log, or the refusal, with the linker; absent if the guest does nothing wrong. */
  readonly log?: RegExp;
  /** Its wall time. Default 10 s. */
  readonly timeoutMs?: number;
  /** It calls whom the path of its request names: an upstream, or its own host. */
  readonly calls?: HostileUpstream | 'itself';
  /** The body of its request: 100,000 bytes, or as many that never come. */
  readonly body?: 'whole' | 'never';
  /**
   * The one engine or isolation in which it is made: a guest that does not start is never reset; in jco's glue nothing interrupts a guest, nor
   * bounds what one call copies.
   */
  readonly only?: 'linker' | 'fresh';
  /** The outcome in jco's glue, if it differs. */
  readonly inJco?: Outcome;
}

type Row = readonly [
  name: string,
  outcome: Attack['outcome'],
  log?: RegExp | undefined,
  more?: Pick<Attack, 'timeoutMs' | 'calls' | 'body' | 'only' | 'inJco'>,
];

const OUT_OF_STACK = /the guest trapped: Maximum call stack size exceeded/;
const TIMED_OUT = /guest timed out/;
const BOTH_ENDS = /out of bounds: \d+ bytes at \d+ in a memory of \d+ bytes/;
const TOO_MUCH = /one call passes more than 16777216 bytes to the host/;
const OUT_OF_BOUNDS = /the guest trapped: memory access out of bounds/;
const REFUSED = /requested len 18446744073709551615 exceeds limit/;
const ESCAPED = /an exception propagated out of the component that threw it/;
const HELD = /the request makes the host hold more than 67108864 bytes \(--limit held-bytes\)/;
const IN_REALLOC = /an import was called from within realloc/;

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  handles: [
    ['hoard', 500, /more than 100000 resource handles/],
    ['use-after-drop', 500, /unknown handle \d+: expected a fields/],
    ['double-drop', 500, /unknown handle \d+: expected a fields/],
    ['wrong-type', 500, /handle \d+ is a fields, not a pollable/],
    ['zero', 500, /unknown handle 0: expected a fields/],
    ['two-to-the-31st', 500, /unknown handle 2147483648: expected a fields/],
    ['minus-one', 500, /unknown handle 4294967295: expected a pollable/],
    ['given-away-twice', 500, /handle \d+ is a outgoing-response, not a fields/],
    ['parent-first', 'reset', /output-stream dropped while 1 of its children live/],
    ['body-before-stream', 'reset', /outgoing-body dropped while 1 of its children live/],
    ['all-kept', 200],
    ['hoard-own', 500, /more than 100000 resource handles/, { only: 'linker' }],
    ['hoard-in-parts', 500, /more than 100000 resource handles/],
    ['drop-what-waits', 200, undefined, { body: 'never' }],
    ['stream-before-pollable', 500, /input-stream dropped while 1 of its children live/],
  ],
  'to-host': [
    ['32769-entries', 500, /too many fields in the field map|total size of fields exceeds limit 131072/],
    ['million-entries', 500, TOO_MUCH, { only: 'linker' }],
    ['one-buffer-thousands-of-times', 500, TOO_MUCH, { only: 'linker' }],
    ['name-of-15-mib', 500, /total size of fields exceeds limit 131072/],
    ['value-of-15-mib', 500, /total size of fields exceeds limit 131072/],
    ['name-of-17-mib', 500, TOO_MUCH],
    ['path-of-15-mib', 200],
    [
      'one-key-million-times',
      500,
      /total size of fields exceeds limit 131072|too many fields in the field map, the limit is 4096/,
    ],
    ['list-whose-size-overflows', 500, /a list of 4294967312 bytes is too long/],
    ['list-past-the-end', 500, BOTH_ENDS],
    ['list-misaligned', 500, /pointer 65537 is not a multiple of 4/],
    ['string-past-the-end', 500, BOTH_ENDS],
    ['result-out-of-bounds', 500, BOTH_ENDS],
    ['bad-utf8', 500, /invalid UTF-8 in the string at 0/],
    ['surrogate-in-utf8', 500, /invalid UTF-8 in the string at 0/],
    ['lone-surrogate', 500, /invalid UTF-16 in the string at \d+: lone surrogate/],
    ['odd-pointer-in-utf16', 500, /pointer 1 is not a multiple of 2/],
    ['odd-pointer-in-compact-utf16', 500, /pointer 1 is not a multiple of 2/, { only: 'linker' }],
    ['no-such-case', 500, /77/],
    ['no-such-option', 500, /2/],
    ['no-such-error-code', 500, /99/],
    ['setters-of-a-mebibyte', 200],
    ['read-and-skip-everything', 200, undefined, { body: 'whole' }],
    ['zeroes-without-end', 'reset', /a write of 18446744073709551615 bytes, but check-write permits 1048576/],
    ['splice-without-end', 200, undefined, { body: 'whole' }],
    ['sleep-for-centuries', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['wait-for-the-end-of-time', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['blocking-reads-without-end', 200, undefined, { body: 'whole' }],
    ['blocking-skips-without-end', 200, undefined, { body: 'whole' }],
    ['blocking-splices-without-end', 200, undefined, { body: 'whole' }],
    ['blocking-zeroes-without-end', 'reset', /18446744073709551615/],
    ['blocking-write-of-too-much', 'reset', /4097/],
    ['one-name-a-thousand-times', 500, TOO_MUCH, { only: 'linker' }],
    ['one-pollable-a-hundred-million-times', 500, /a list of 400000000 bytes is too long/, { only: 'linker' }],
  ],
  'to-guest': [
    ['two-to-the-40th-random-bytes', 500, /requested len 1099511627776 exceeds limit 16777216/],
    ['16-mib-of-random', 200],
    ['realloc-gives-0', 200],
    ['realloc-misaligned', 500, /pointer 65537 is not a multiple of 4/],
    ['realloc-out-of-bounds', 500, BOTH_ENDS],
    ['realloc-at-the-last-byte', 500, BOTH_ENDS],
    ['realloc-gives-the-same-twice', 200],
    ['realloc-traps', 500, /trapped: .*unreachable/],
    ['realloc-grows', 200],
    ['realloc-calls-an-import', 500, IN_REALLOC],
    ['realloc-waits', 500, IN_REALLOC],
    ['realloc-recurses', 500, OUT_OF_STACK],
    ['realloc-loops', 504, TIMED_OUT, { timeoutMs: 100 }],
  ],
  streams: [
    ['write-unasked', 'reset', /a write of 1024 bytes, but check-write permits 0/],
    ['empty-writes-unasked', 'reset', /a write of 0 bytes, but check-write permits 0/],
    ['empty-writes-for-ever', 'reset', TIMED_OUT, { timeoutMs: 300 }],
    ['reply-for-ever', 'reset', TIMED_OUT, { timeoutMs: 300 }],
    ['a-byte-now-and-then', 'reset', TIMED_OUT, { timeoutMs: 300 }],
    ['write-after-finish', 200, /unknown handle \d+: expected a output-stream/],
    ['drop-the-body-without-finish', 'reset', /dropped its outgoing-body without finish/],
    ['trailers-beyond-the-limit', 'reset', /total size of fields exceeds limit 131072/],
    ['print-10-mib', 200],
    ['write-more-than-permitted', 'reset', /a write of 1048577 bytes, but check-write permits 1048576/],
    ['forbidden-trailers', 200],
  ],
  control: [
    ['grow-memory', 200],
    ['grow-table', 200],
    ['copy-memory', 200],
    ['fill-tables', 200],
    ['recurse', 500, OUT_OF_STACK],
    ['recurse-at-start', 500, /the guest failed to start: Maximum call stack size exceeded/, { only: 'fresh' }],
    ['recurse-with-calls', 500, OUT_OF_STACK],
    ['recurse-with-waits', 500, OUT_OF_STACK],
    ['trap-at-start', 500, /the guest failed to start: unreachable/, { only: 'fresh' }],
    ['poll-nothing', 500, /the list of pollables is empty/],
    ['poll-one-million-times-the-same', 500, TOO_MUCH, { only: 'linker' }],
    ['poll-90000-timers', 200],
    ['set-twice', 200, /unknown handle \d+: expected a response-outparam/],
    ['recurse-across-host', 500, OUT_OF_STACK],
    [
      'recurse-across-host-at-start',
      500,
      /the guest failed to start: Maximum call stack size exceeded/,
      { only: 'fresh' },
    ],
    ['recurse-across-host-with-waits', 500, /calls that may wait are nested more than 16 deep/],
    ['destructor-waits-for-ever', 504, TIMED_OUT, { timeoutMs: 100, inJco: 500 }],
    ['many-stacks-for-ever', 504, TIMED_OUT, { timeoutMs: 100, inJco: 500 }],
    ['loop-before-the-head', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['loop-after-the-head', 'reset', TIMED_OUT, { timeoutMs: 400 }],
    ['loop-at-start', 504, TIMED_OUT, { timeoutMs: 100, only: 'fresh' }],
    ['loop-in-post-return', 200, TIMED_OUT, { timeoutMs: 1000 }],
    ['loop-in-a-destructor', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['loop-in-memory', 504, TIMED_OUT, { timeoutMs: 100 }],
  ],
  sizes: [
    ['store-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['store-far-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['vector-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['exchange-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['fill-across-the-end', 500, OUT_OF_BOUNDS],
    ['fill-nothing-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['copy-from-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['copy-much-to-beyond-the-end', 500, OUT_OF_BOUNDS],
    ['print-what-is-beyond-the-end', 500, BOTH_ENDS, { only: 'linker' }],
    ['read-beyond-the-end', 500, OUT_OF_BOUNDS, { only: 'fresh' }],
    ['grow-and-leave-marks', 200],
    ['grow-beyond-all-room', 200],
    ['do-as-told', 500, OUT_OF_BOUNDS],
  ],
  caught: [
    ['host-trap', 500, REFUSED],
    ['no-handle', 500, /unknown handle 77: expected a fields/, { only: 'linker' }],
    ['host-trap-by-reference', 500, REFUSED],
    ['host-trap-as-of-old', 500, REFUSED, { only: 'linker' }],
    ['host-trap-and-spin', 500, REFUSED],
    ['host-trap-a-thousand-times', 500, REFUSED],
    ['host-trap-by-table', 500, REFUSED],
    ['realloc-throws', 500, ESCAPED, { only: 'linker' }],
    ['realloc-catches', 500, IN_REALLOC],
    ['stack-caught-in-the-host', 500, OUT_OF_STACK],
    ['stack-caught-where-memory-grows', 500, OUT_OF_STACK],
    ['stack-caught-where-a-table-grows', 500, OUT_OF_STACK],
    ['host-trap-in-tail-position', 500, REFUSED],
    ['host-trap-behind-many-handlers', 500, REFUSED, { only: 'linker' }],
    ['destructor-traps', 500, REFUSED],
    ['destructor-throws', 500, ESCAPED, { only: 'linker' }],
    ['destructor-catches', 500, REFUSED],
    ['too-many-stacks', 500, /calls that may wait are nested more than 16 deep/],
    ['cancelled', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['cancelled-and-spin', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['cancelled-after-the-head', 'reset', TIMED_OUT, { timeoutMs: 400 }],
    ['start-catches', 500, /the guest failed to start: .*requested len \d+ exceeds limit/, { only: 'fresh' }],
    ['start-waits', 500, /the guest failed to start: trying to suspend/, { only: 'fresh' }],
    ['throws', 500, ESCAPED, { only: 'linker' }],
    ['throws-after-waiting', 500, ESCAPED, { only: 'linker' }],
    ['another-traps', 500, REFUSED],
    ['another-traps-and-this-spins', 500, REFUSED],
    ['destructor-traps-alone', 500, REFUSED],
    ['another-throws', 500, ESCAPED, { only: 'linker' }],
    ['another-throws-later', 500, ESCAPED, { only: 'linker' }],
    ['another-is-cancelled', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['another-stands-between', 500, REFUSED],
  ],
  work: [
    ['tree', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-that-comes-before', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-by-table', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-by-reference', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-tail-calls', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-in-blocks', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tail-calls-in-a-circle', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-branch-tables', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-throws', 504, TIMED_OUT, { timeoutMs: 100, only: 'linker' }],
    ['tree-that-catches-where-it-ends', 504, TIMED_OUT, { timeoutMs: 100, only: 'linker' }],
    ['tree-of-fills', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-short-fills', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-growth', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-host-calls', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-recursion', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['fills-of-a-mebibyte', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['fills-of-64-kib', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['copies-that-overlap', 504, TIMED_OUT, { timeoutMs: 30 }],
    ['data-again-and-again', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tables-copied', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tables-filled', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tables-initialised', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['host-calls-in-a-row', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['host-calls-by-table', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['host-calls-in-tail-position', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['realloc-tree', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['post-return-tree', 200, TIMED_OUT, { timeoutMs: 1000 }],
    ['destructor-tree', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['tree-of-destructors', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['start-tree', 504, TIMED_OUT, { timeoutMs: 100, only: 'fresh' }],
    ['arrays', 504, TIMED_OUT, { timeoutMs: 100, only: 'fresh' }],
    ['calls-of-what-was-not-compiled', 200],
    ['throws-through-a-deep-stack', 504, TIMED_OUT, { timeoutMs: 100, only: 'linker' }],
    ['throws-past-handlers-of-others', 504, TIMED_OUT, { timeoutMs: 100, only: 'linker' }],
    ['throws-again-in-each-function', 504, TIMED_OUT, { timeoutMs: 100, only: 'linker' }],
    ['functions-put-into-tables', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['segment-of-which-one-is-used', 200],
    ['large-structs', 504, TIMED_OUT, { timeoutMs: 100, only: 'fresh' }],
    ['arrays-of-a-segment', 504, TIMED_OUT, { timeoutMs: 100, only: 'fresh' }],
    ['array-beyond-the-bound', 500, /trapped: requested new array is too large/, { only: 'fresh' }],
  ],
  held: [
    ['responses-never-sent', 500, HELD],
    ['requests-never-sent', 500, HELD],
    ['bodies-of-dropped-responses', 200, undefined, { timeoutMs: 30_000 }],
    ['made-and-dropped', 200],
    ['empty-writes-to-many', 500, HELD, { only: 'linker' }],
    ['whole-body-before-set', 200],
    ['clones-in-a-loop', 500, HELD],
    ['clones-in-a-call-tree', 500, HELD],
    ['clones-that-are-written', 500, HELD],
    ['lists-of-the-largest-values', 500, HELD],
    ['lists-that-are-refused', 200],
    ['views-of-one-message', 200],
    ['trailers-of-many', 500, HELD],
    ['paths-of-15-mebibytes', 500, HELD],
    ['one-path-again-and-again', 200],
    ['methods-authorities-and-schemes', 500, HELD],
    ['error-of-15-mebibytes-for-ever', 500, TIMED_OUT, { timeoutMs: 2000 }],
    ['poll-for-ever', 504, TIMED_OUT, { timeoutMs: 300 }],
    ['handles-of-its-own-for-ever', 504, TIMED_OUT, { timeoutMs: 300 }],
    ['timers-for-ever', 504, TIMED_OUT, { timeoutMs: 300 }],
    ['half-lines-for-ever', 504, TIMED_OUT, { timeoutMs: 300 }],
    ['bodies-for-ever', 504, TIMED_OUT, { timeoutMs: 300 }],
    ['bodies-then-trap', 500, /the guest trapped: .*unreachable/],
    ['bodies-then-answer', 200],
    ['futures-kept', 504, TIMED_OUT, { timeoutMs: 1000, calls: 'says-nothing' }],
    ['responses-taken-and-unread', 504, TIMED_OUT, { timeoutMs: 300, calls: 'says-nothing' }],
    ['uploads-to-nobody', 500, HELD, { calls: 'says-nothing' }],
  ],
  hold: [
    ['loop-after-a-wait', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['loop-in-realloc-after-a-wait', 504, TIMED_OUT, { timeoutMs: 100 }],
    ['loop-after-the-body', 504, TIMED_OUT, { timeoutMs: 100, body: 'whole' }],
  ],
  'left-behind': [
    ['nan', 200],
    ['handles', 200, undefined, { only: 'linker' }],
    ['stacks', 200, undefined, { only: 'linker' }],
    ['floats-of-another', 200],
    ['references', 200],
    ['segments', 200, undefined, { only: 'fresh' }],
    ['pages-that-few-write', 200],
  ],
  lies: Object.entries(SAID_OF_LIES).map(([name, said]) => [name, 'refused', said]),
  bombs: bombNames().map((name) => {
    if (name.endsWith('refused')) return [name, 'refused', TOO_DEAR];
    // What is on the heap cannot be reset.
    return [name, 200, undefined, /structs|arrays/.test(name) ? { only: 'fresh' } : {}];
  }),
  outbound: [
    ['10000-requests', 200, undefined, { calls: 'says-nothing' }],
    ['call-oneself', 508, undefined, { calls: 'itself' }],
    [
      'future-before-pollable',
      500,
      /future-incoming-response dropped while 1 of its children live/,
      { calls: 'says-nothing' },
    ],
    ['future-while-it-waits', 200, undefined, { calls: 'says-nothing' }],
  ],
  upstreams: [
    ...(
      [
        'closes-unanswered',
        'resets-unanswered',
        'speaks-no-http',
        'upgrades',
        'informs-for-ever',
        'fields-for-ever',
        'line-for-ever',
        'breaks-in-the-head',
        'closes-before-the-length',
        'resets-before-the-length',
        'resets-where-a-close-would-end',
        'closes-between-chunks',
        'extension-for-ever',
        'trailers-for-ever',
      ] as const
    ).map((calls): Row => ['every-reply-fails', 200, undefined, { calls }]),
    ['every-reply-fails', 504, TIMED_OUT, { timeoutMs: 300, calls: 'says-nothing' }],
    ['every-reply-fails', 504, TIMED_OUT, { timeoutMs: 300, calls: 'body-for-ever' }],
    ['every-reply-fails', 504, TIMED_OUT, { timeoutMs: 300, calls: 'chunks-of-a-byte-for-ever' }],
  ],
};

/** One attack each, all that are in components/hostile/. */
export const ATTACKS: readonly Attack[] = Object.entries(ROWS).flatMap(([file, rows]) =>
  rows.map(([name, outcome, log, more]) => ({ file, name, outcome, ...(log === undefined ? {} : { log }), ...more })),
);

/** `held/futures-kept (says-nothing)`: its file, heading, and whom it calls. */
export function nameOf({ file, name, calls }: Attack): string {
  return `${file}/${name}${calls === undefined ? '' : ` (${calls})`}`;
}

/** The attacks that apply to an engine and isolation, with their outcomes there. */
export function attacksIn({ engine, isolation }: AttackWay): Attack[] {
  const isMade = ({ only }: Attack): boolean =>
    only?.split(' ').every((name) => name === engine || name === isolation) ?? true;
  return ATTACKS.filter(isMade).map((attack) => ({
    ...attack,
    outcome: (engine === 'jco' ? attack.inJco : undefined) ?? attack.outcome,
  }));
}
