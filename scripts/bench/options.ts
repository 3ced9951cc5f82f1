import { parseArgs } from 'node:util';
import { ALL_CONTENDERS, type Contender, DEFAULT_CONTENDERS, parseContender } from './servers/contenders.ts';
import { DEFAULT_GUESTS, GUESTS, type Guest, parseGivenGuest } from './servers/guests.ts';

/** What can be measured, each a section of the report: */
export const COLUMNS = {
  load: 'replies a second, latencies, starts and memory of each guest',
  bursts: 'p99 in the first seconds, later, and after a lull',
  bodies: 'MB/s and CPU time of large bodies',
  outgoing: 'requests a second through a guest that calls an upstream',
  density: 'memory of requests that wait, and of idle connections',
  overlap: 'how long 200 requests take that each wait',
  workers: 'what a second core is worth',
  insides: 'resets and suspended requests inside of our process',
} as const;

/** What `--columns` may name. */
export type Column = keyof typeof COLUMNS;

/** What a run does. */
export interface Options {
  readonly guests: readonly Guest[];
  readonly contenders: readonly Contender[];
  readonly columns: ReadonlySet<Column>;
  /** Ascending; each has its share of the seconds. */
  readonly connections: readonly number[];
  readonly rounds: number;
  /** Of load on each contender in each round, over all connection counts. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** How often a server is started to measure that. */
  readonly starts: number;
  /** How long after the last load memory is looked at. */
  readonly restSeconds: number;
  /** How many requests wait, and how many connections are idle, for `density`. */
  readonly waiting: number;
  readonly load: string | undefined;
  readonly jsonFile: string | undefined;
  /** Whether the tables of the documents, the chart and recorded.json become those of this run. */
  readonly isRecorded: boolean;
}

export const USAGE = `npm run bench -- [options]     our host beside a floor without guests, jco serve and wasmtime serve

  --all                all guests and columns, beside wasmtime, isolated and reused: makes the tables of the documents, and writes them
  --guests A,B         of ${GUESTS.map(({ name }) => name).join(', ')} (default: ${DEFAULT_GUESTS.join(',')});
                       those that are not in components/ are built as docs/guest-*.md say, into ~/.cache/wasi-serve-bench
  --component N=FILE   a component of yours that answers GET / with 200, instead of the guest of that name or as one more
  --contenders A,B     of node, hono, wasi-serve, jco, wasmtime (default: ${DEFAULT_CONTENDERS.join(',')});
                       flags of its own may follow a name: 'node,wasi-serve,wasi-serve --workers 2'
  --wasmtime PATH      which wasmtime (default: that of the PATH, else of cargo)
  --columns A,B        what to measure:
${Object.entries(COLUMNS)
  .map(([name, what]) => `                         ${name.padEnd(9)} ${what}`)
  .join('\n')}
  --connections A,B    of the load (default: 1,32; with --all 1,16,64); the documents show the middle one
  --rounds N           each contender in turn, N times; the report has the medians (default: 5; with --all 3)
  --seconds N          of load in each round on each contender, a second for each number of connections at least (default: 4; with --all 12)
  --warm-up N          seconds of load before the first round (default: 3; with --all 7)
  --starts N           of each server, cold and with its cache (default: 3)
  --waiting N          requests that wait, for density (default: 10000)
  --load wrk|own     the load generator (default: wrk if it is installed)
  --quick              1 round of 2 s, 1 start, hello and echo: to see that it works, not to compare; nothing of resets and density
  --json FILE          all samples and the machine, for other tools
  --record             writes this run into README.md, scripts/bench/README.md, scripts/bench/recorded.json and docs/bench.svg, as
                       --all does if it has all guests and is not quick; --no-record
  --help

Progress goes to stderr, the report to stdout. Exit code 1: wasi-serve has an invalid or failed row.
`;

/** Reads the command line; undefined if it asks for help. Throws with what is wrong in it. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({ args: [...args], options: FLAGS, allowNegative: true });
  if (values.help) return undefined;
  const usual = usualOf(values);
  const connections = split(values.connections ?? usual.connections).map((text) =>
    parseCount('--connections', text, 1),
  );
  const columns = new Set(split(values.columns ?? usual.columns).map(findColumn));
  // What has been narrowed to a part does not replace tables of the whole unless it is said to.
  const isWhole = values.all && !values.quick && values.guests === undefined && columns.has('load');
  if (values.record && !columns.has('load')) throw new Error('--record needs the column load: the documents show it');
  const given = (values.component ?? []).map(parseGivenGuest);
  return {
    guests: withGiven(split(values.guests ?? usual.guests), given),
    contenders: split(values.contenders ?? usual.contenders).map((entry) => parseContender(entry, values.wasmtime)),
    columns,
    connections: [...new Set(connections)].toSorted((a, b) => a - b),
    rounds: parseCount('--rounds', values.rounds ?? usual.rounds, 1),
    seconds: parseCount('--seconds', values.seconds ?? usual.seconds, 2),
    warmUpSeconds: parseCount('--warm-up', values['warm-up'] ?? usual.warmUp, 1),
    starts: parseCount('--starts', values.starts ?? usual.starts, 1),
    restSeconds: usual.restSeconds,
    waiting: parseCount('--waiting', values.waiting ?? usual.waiting, 1),
    load: values.load,
    jsonFile: values.json,
    isRecorded: values.record ?? isWhole,
  };
}

const FLAGS = {
  all: { type: 'boolean', default: false },
  guests: { type: 'string' },
  component: { type: 'string', multiple: true },
  contenders: { type: 'string' },
  wasmtime: { type: 'string' },
  columns: { type: 'string' },
  connections: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  'warm-up': { type: 'string' },
  starts: { type: 'string' },
  waiting: { type: 'string' },
  load: { type: 'string' },
  json: { type: 'string' },
  quick: { type: 'boolean', default: false },
  record: { type: 'boolean' },
  help: { type: 'boolean', default: false },
} as const;

const DEFAULTS = {
  guests: DEFAULT_GUESTS.join(','),
  contenders: DEFAULT_CONTENDERS.join(','),
  columns: 'load,overlap,workers,insides',
  connections: '1,32',
  rounds: '5',
  seconds: '4',
  warmUp: '3',
  starts: '3',
  restSeconds: 0,
  waiting: '10000',
};

/** Insides are not among the columns: they take minutes, and there is no peer to compare with. */
const ALL: typeof DEFAULTS = {
  ...DEFAULTS,
  guests: GUESTS.map(({ name }) => name).join(','),
  contenders: ALL_CONTENDERS.join(','),
  columns: Object.keys(COLUMNS)
    .filter((name) => name !== 'insides')
    .join(','),
  connections: '1,16,64',
  rounds: '3',
  seconds: '12',
  warmUp: '7',
  restSeconds: 12,
};

/** What is shorter. */
const QUICK = { rounds: '1', seconds: '2', warmUp: '1', starts: '1', restSeconds: 0, waiting: '200' };

function usualOf({ all, quick }: { readonly all: boolean; readonly quick: boolean }): typeof DEFAULTS {
  if (!quick) return all ? ALL : DEFAULTS;
  return all ? { ...ALL, ...QUICK } : { ...DEFAULTS, ...QUICK, guests: 'hello,echo', columns: 'load,overlap,workers' };
}

const split = (list: string): string[] => list.split(',').filter((entry) => entry.trim() !== '');

/** Guests by name, those given by file in the place of the one with their name, or after all. */
function withGiven(names: readonly string[], given: readonly Guest[]): Guest[] {
  const named = names.map((name) => given.find((guest) => guest.name === name.trim()) ?? findGuest(name.trim()));
  return [...new Set([...named, ...given])];
}

function findGuest(name: string): Guest {
  const guest = GUESTS.find((known) => known.name === name);
  if (guest === undefined) throw new Error(`no such guest: ${name}; there are ${GUESTS.map((g) => g.name).join(', ')}`);
  return guest;
}

function findColumn(name: string): Column {
  const column = name.trim();
  if (isColumn(column)) return column;
  throw new Error(`no such column: ${column}; there are ${Object.keys(COLUMNS).join(', ')}`);
}

const isColumn = (name: string): name is Column => Object.hasOwn(COLUMNS, name);

function parseCount(flag: string, value: string, least: number): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < least)
    throw new Error(`${flag} must be a whole number from ${least}, not ${value}`);
  return count;
}
