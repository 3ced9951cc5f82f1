/** What an idle host holds. */
export interface Weight {
  /** The number of requests in flight. */
  readonly inFlight: number;
  readonly descriptors: number;
  /** Timers, sockets and other handles, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** Tolerances for what V8 and malloc keep or give back at will. */
const RESIDENT_TOLERANCE = { factor: 1.2, bytes: 32e6 };
const HEAP_TOLERANCE = { factor: 1.1, bytes: 4e6 };

/** Describes what has grown from one weight to a later one. */
export function growthsBetween(before: Weight, after: Weight): string[] {
  const counts = { requests: 'inFlight', descriptors: 'descriptors' } as const;
  const growths = Object.entries(counts).map(([what, key]) => describe(what, before[key], after[key], before[key]));
  for (const [kind, count] of Object.entries(after.resources)) {
    const was = before.resources[kind] ?? 0;
    growths.push(describe(kind, was, count, was));
  }
  growths.push(
    describe(
      'resident bytes',
      before.residentBytes,
      after.residentBytes,
      bound(before.residentBytes, RESIDENT_TOLERANCE),
    ),
    describe('heap bytes', before.heapBytes, after.heapBytes, bound(before.heapBytes, HEAP_TOLERANCE)),
  );
  return growths.filter((growth) => growth !== '');
}

/** `61 MB resident, 20 MB of it JavaScript; 31 descriptors, 0 requests; TCPServerWrap 12, Timeout 1` */
export function formatWeight({ inFlight, descriptors, resources, residentBytes, heapBytes }: Weight): string {
  const kinds = Object.entries(resources).map(([kind, count]) => `${kind} ${count}`);
  const memory = `${mb(residentBytes)} resident, ${mb(heapBytes)} of it JavaScript`;
  return `${memory}; ${descriptors} descriptors, ${inFlight} requests; ${kinds.join(', ')}`;
}

const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

const bound = (bytes: number, tolerance: { factor: number; bytes: number }): number =>
  bytes * tolerance.factor + tolerance.bytes;

const describe = (what: string, was: number, is: number, most: number): string =>
  is <= most ? '' : `${what}: ${was} at the start, ${is} at the end`;
