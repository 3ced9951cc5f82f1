import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Guest } from './guests.ts';
import type { Command } from '../../../src/compare/machine/processes.ts';

/** One start of a contender. */
export interface Launch {
  readonly guest: Guest;
  /** Of 127.0.0.1, and free. */
  readonly port: number;
  /** Empty, for this start's files; removed after the run. */
  readonly folder: string;
}

/** A server that takes part. */
export interface Contender {
  readonly id: ContenderId;
  /** As the report calls it. */
  readonly name: string;
  /** Whether a second start finds what the first one compiled, in `XDG_CACHE_HOME`. */
  readonly cache: 'kept' | 'none';
  /** How many cores it is given. */
  readonly cores: number;
  command(launch: Launch): Command;
  /** The same with more flags of its own. */
  and(...flags: readonly string[]): Contender;
  /** What was measured, or undefined where it is not installed. */
  getVersion(): string | undefined;
  readonly install: string;
}

/** What `--contenders` may name. */
export type ContenderId = 'node' | 'hono' | 'wasi-serve' | 'jco' | 'wasmtime';

/** The one that ratios "of floor" are made against: no guest at all. */
export const FLOOR: ContenderId = 'node';
export const PEER: ContenderId = 'wasmtime';

export const DEFAULT_CONTENDERS: readonly string[] = ['node', 'wasi-serve', 'jco', 'wasmtime'];

/** Not isolated: up to 128 requests get the same instance. It shows what instances cost. */
const REUSED = 'wasmtime --max-instance-reuse-count 128';

/** Those of `--all`. */
export const ALL_CONTENDERS: readonly string[] = ['node', 'wasi-serve', 'wasmtime', REUSED];

export const OURS: ContenderId = 'wasi-serve';

/** Those whose guests can wait without stopping their neighbours, and that several cores can serve. jco's glue blocks its thread for each in turn. */
export const SERVERS_OF_GUESTS: readonly ContenderId[] = ['wasi-serve', 'wasmtime'];

/** Of each id the first contender that takes part, by its own flags. */
export function firstOfEach(ids: readonly ContenderId[], contenders: readonly Contender[]): Contender[] {
  return ids.flatMap((id) => contenders.find((contender) => contender.id === id) ?? []);
}

/** What the floor answers if nobody knows what the guest does. */
const ANY_REPLY = 'Hello from nobody!\n';

const JCO = 'node_modules/@bytecodealliance/jco';
const WASMTIME = 'wasmtime';
/** Where `cargo install` puts it, which need not be on the PATH. */
const CARGO_WASMTIME = `${homedir()}/.cargo/bin/wasmtime`;
/** What the package holds: `npm run bench` builds it before. */
const MAIN = 'dist/bin.js';

/**
 * The contender of an entry of `--contenders`: an id, and flags of its own after it (`wasi-serve --isolation fresh`). `wasmtime` is a program's
 * path; without it the one on the PATH is meant, or else cargo's.
 *
 * Throws where the id is unknown.
 */
export function parseContender(entry: string, wasmtime?: string): Contender {
  const [id = '', ...flags] = entry.trim().split(/\s+/);
  if (!isContenderId(id)) throw new Error(`no such contender: ${id}; there are ${Object.keys(MAKERS).join(', ')}`);
  return createContender(id, flags, wasmtime ?? findWasmtime());
}

/** A contender that uses so many cores: wasi-serve by as many workers, wasmtime by its threads. */
export function onCores(contender: Contender, cores: number): Contender {
  return { ...(contender.id === OURS && cores > 1 ? contender.and('--workers', `${cores}`) : contender), cores };
}

const isContenderId = (id: string): id is ContenderId => Object.hasOwn(MAKERS, id);

function createContender(id: ContenderId, flags: readonly string[], wasmtime: string): Contender {
  const made = MAKERS[id](flags, wasmtime);
  return {
    ...made,
    name: [made.name, ...flags].join(' '),
    and: (...more) => createContender(id, [...flags, ...more], wasmtime),
  };
}

function findWasmtime(): string {
  const isOnPath = printed(WASMTIME, ['--version']) !== undefined;
  return !isOnPath && existsSync(CARGO_WASMTIME) ? CARGO_WASMTIME : WASMTIME;
}

type Made = Omit<Contender, 'and'>;
type Maker = (flags: readonly string[], wasmtime: string) => Made;

const MAKERS: Readonly<Record<ContenderId, Maker>> = {
  node: (flags) => createFloor('node', 'node:http floor', flags),
  hono: (flags) => createFloor('hono', 'hono floor', flags),
  'wasi-serve': createWasiServe,
  jco: createJco,
  wasmtime: createWasmtime,
};

function createFloor(id: 'node' | 'hono', name: string, flags: readonly string[]): Made {
  const floor = fileURLToPath(import.meta.resolve('./floor.ts'));
  return {
    id,
    name,
    cache: 'none',
    cores: 1,
    command: ({ guest, port }) =>
      node([floor, id, `${port}`, guest.request.method, guest.reply ?? ANY_REPLY, ...flags]),
    getVersion: () => `Node ${process.versions.node}`,
    install: '',
  };
}

/** With the defaults that people get, so with a line of its log for each request. */
function createWasiServe(flags: readonly string[]): Made {
  return {
    id: 'wasi-serve',
    name: 'wasi-serve',
    cache: 'kept',
    cores: workersOf(flags),
    command: ({ guest, port }) => node([MAIN, 'serve', guest.file, '--addr', `127.0.0.1:${port}`, ...flags]),
    getVersion: () => (existsSync(MAIN) ? `${packageVersion('.')}${commit()}` : undefined),
    install: 'npm run build',
  };
}

/** What `--workers` among the flags says. */
function workersOf(flags: readonly string[]): number {
  const text = /(?:^| )--workers[ =](\S+)/.exec(flags.join(' '))?.[1] ?? '1';
  return Number(text) || availableParallelism();
}

function createJco(flags: readonly string[]): Made {
  const cli = `${JCO}/dist/jco.js`;
  const isolation = ['--isolate-requests', 'instance'];
  return {
    id: 'jco',
    name: 'jco serve',
    cache: 'none',
    cores: 1,
    command: ({ guest, port, folder }) => {
      const place = ['--host', '127.0.0.1', '--port', `${port}`, '--jco-dir', folder];
      return node([cli, 'serve', ...isolation, ...place, ...flags, guest.file]);
    },
    getVersion: () => (existsSync(cli) ? packageVersion(JCO) : undefined),
    install: 'npm ci',
  };
}

function createWasmtime(flags: readonly string[], file: string): Made {
  const options = ['-S', 'cli=y', '-O', 'pooling-allocator=y'];
  return {
    id: 'wasmtime',
    name: 'wasmtime serve',
    cache: 'kept',
    cores: 1,
    command: ({ guest, port }) => ({
      file,
      args: ['serve', ...options, '--addr', `127.0.0.1:${port}`, ...flags, guest.file],
    }),
    getVersion: () => printed(file, ['--version'])?.replace(/^wasmtime /, ''),
    install: 'cargo install wasmtime-cli --locked, or name one by --wasmtime PATH',
  };
}

const node = (args: readonly string[]): Command => ({ file: process.execPath, args });

function packageVersion(folder: string): string {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string };
  return version;
}

/** ` (49935be)`, ` (49935be, changed)`, or nothing outside of git. */
function commit(): string {
  const head = printed('git', ['rev-parse', '--short', 'HEAD']);
  if (head === undefined) return '';
  return printed('git', ['status', '--porcelain', 'src']) === '' ? ` (${head})` : ` (${head}, changed)`;
}

function printed(file: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
