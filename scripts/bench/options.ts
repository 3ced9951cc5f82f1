import { parseArgs } from 'node:util';
import { type Contender, DEFAULT_CONTENDERS, parseContender } from './servers/contenders.ts';
import { DEFAULT_GUESTS, GUESTS, type Guest } from './servers/guests.ts';

/** What a run does. */
export interface Options {
  readonly guests: readonly Guest[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Of load on each contender in each round, over all connection counts. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** How often a server is started to measure that. */
  readonly starts: number;
  /** Whether resets and suspended requests are measured inside of our host. */
  readonly insides: boolean;
  readonly load: string | undefined;
  readonly jsonFile: string | undefined;
}

export const USAGE = `npm run bench -- [options]     our host beside a floor without guests, jco serve and wasmtime serve

  --guests A,B         of ${GUESTS.map(({ name }) => name).join(', ')} (default: ${DEFAULT_GUESTS.join(',')})
  --contenders A,B     of node, hono, wasi-serve, jco, wasmtime (default: ${DEFAULT_CONTENDERS.join(',')});
                       flags of its own may follow a name: 'node,wasi-serve,wasi-serve --workers 2'
  --rounds N           each contender in turn, N times; the report has the medians (default: 5)
  --seconds N          of load in each round on each contender, at least 2 (default: 4)
  --load wrk|autocannon     the load generator (default: wrk where it is installed)
  --quick              1 round of 2 s, 1 start, hello and echo: to see that it works, not to compare; nothing of resets and density
  --json FILE          all samples and the machine, for other tools
  --help

Progress goes to stderr, the report to stdout. Exit code 1: wasi-serve has an invalid or failed row.
`;

/** Reads the command line; undefined where it asks for help. Throws with what is wrong in it. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  if (values.help) return undefined;
  const usual = values.quick ? QUICK : DEFAULTS;
  return {
    guests: split(values.guests ?? usual.guests).map(findGuest),
    contenders: split(values.contenders ?? DEFAULT_CONTENDERS.join(',')).map(parseContender),
    rounds: parseCount('--rounds', values.rounds ?? usual.rounds, 1),
    seconds: parseCount('--seconds', values.seconds ?? usual.seconds, 2),
    warmUpSeconds: usual.warmUpSeconds,
    starts: usual.starts,
    insides: usual.insides,
    load: values.load,
    jsonFile: values.json,
  };
}

const FLAGS = {
  guests: { type: 'string' },
  contenders: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  load: { type: 'string' },
  json: { type: 'string' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const DEFAULTS = {
  guests: DEFAULT_GUESTS.join(','),
  rounds: '5',
  seconds: '4',
  warmUpSeconds: 3,
  starts: 3,
  insides: true,
};
const QUICK = { guests: 'hello,echo', rounds: '1', seconds: '2', warmUpSeconds: 1, starts: 1, insides: false };

const split = (list: string): string[] => list.split(',').filter((entry) => entry.trim() !== '');

function findGuest(name: string): Guest {
  const guest = GUESTS.find((known) => known.name === name.trim());
  if (guest === undefined) throw new Error(`no such guest: ${name}; there are ${GUESTS.map((g) => g.name).join(', ')}`);
  return guest;
}

function parseCount(flag: string, value: string, least: number): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < least)
    throw new Error(`${flag} must be a whole number from ${least}, not ${value}`);
  return count;
}
