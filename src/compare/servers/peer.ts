import { basename } from 'node:path';
import { HostError } from '../../util/host-error.ts';
import type { Command } from '../machine/processes.ts';
import { splitWords } from '../requests/split-words.ts';
import type { Endpoint } from '../wire/exchange.ts';

/** The server to compare with: a running one, or one to be started. */
export type Peer = RunningPeer | StartedPeer;

interface RunningPeer {
  readonly at: 'url';
  readonly name: string;
  readonly endpoint: Endpoint;
  /** What its clients say as `Host`. */
  readonly host: string;
}

interface StartedPeer {
  readonly at: 'command';
  readonly name: string;
  readonly isWasmtime: boolean;
  /** Whether its requests share instances. */
  readonly sharesInstances: boolean;
  /** Starts it for a component, on `HOST:PORT`. */
  toCommand(file: string, address: string): Command;
}

/** How servers that are known take a file and an address, behind all that was given. */
const SHORTHANDS: Readonly<Record<string, (given: readonly string[]) => readonly string[]>> = {
  'wasmtime serve': (given) => [
    ...(hasKey(given, '-S', 'cli') ? [] : ['-S', 'cli=y']),
    ...(hasKey(given, '-O', 'pooling-allocator') ? [] : ['-O', 'pooling-allocator=y']),
    ...['--addr', '{addr}', '{file}'],
  ],
  'wasi-serve serve': () => ['--addr', '{addr}', '{file}'],
};

const REUSE = /^--max-instance-(?:concurrent-)?reuse-count(?:=|$)/;

/**
 * What `--with` says: a URL, a command with `{file}` and `{addr}`, or a server that is known. `flags` are options that both servers get: they take the place of
 * `{flags}`, or follow a known server's own.
 *
 * Throws `HostError` if it is none of them.
 */
export function parsePeer(text: string, flags: readonly string[]): Peer {
  if (/^https?:/i.test(text)) return parseUrl(text, flags);
  const words = splitWords(text);
  if (words.tag === 'err') throw refused(`'${text}': ${words.val}`);
  const [program = '', command = ''] = words.val;
  if (program === '') throw refused('it names no command');
  const known = SHORTHANDS[`${basename(program)} ${command}`];
  const isTemplate = words.val.some((word) => word.includes('{file}') || word.includes('{addr}'));
  if (known === undefined && !isTemplate) {
    throw refused(
      `'${text}' does not say where the component and the address go: write {file} and {addr} in it, or one of ${Object.keys(SHORTHANDS).join(', ')}`,
    );
  }
  const isFlagged = words.val.includes('{flags}');
  if (known === undefined && flags.length > 0 && !isFlagged) {
    throw refused(`'${text}' does not say where --flags go: write {flags} in it`);
  }
  const given = isFlagged || known === undefined ? words.val : [...words.val, '{flags}'];
  const all = given.flatMap((word) => (word === '{flags}' ? flags : [word]));
  return createStarted(isTemplate || known === undefined ? all : [...all, ...known(all)], program);
}

function createStarted(words: readonly string[], program: string): StartedPeer {
  const isWasmtime = basename(program) === 'wasmtime';
  return {
    at: 'command',
    name: nameOf(words),
    isWasmtime,
    sharesInstances: sharesInstances(words),
    toCommand: (file, address) => {
      // In one pass: a file may be called `{addr}`, or `$&`.
      const values: Readonly<Record<string, string>> = { '{file}': file, '{addr}': address, '{port}': toPort(address) };
      const fill = (word: string): string => word.replaceAll(/\{(?:file|addr|port)\}/g, (name) => values[name] ?? name);
      const [first = '', ...args] = words.map(fill);
      return { file: first, args };
    },
  };
}

/** Whether options have requests share instances, which isolates them from each other no longer. */
export function sharesInstances(words: readonly string[]): boolean {
  return words.some((word) => REUSE.test(word));
}

/** `wasmtime serve`, `node`: the program, and its command if it is a word. */
function nameOf([program = '', command = '']: readonly string[]): string {
  return /^[a-z][\w-]*$/.test(command) ? `${basename(program)} ${command}` : basename(program);
}

function toPort(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

function hasKey(given: readonly string[], flag: string, key: string): boolean {
  return given.some((word, at) => {
    const value = word.startsWith(flag) && word !== flag ? word.slice(flag.length) : given[at - 1] === flag ? word : '';
    return value.split(',').some((part) => part.split('=')[0] === key);
  });
}

function parseUrl(text: string, flags: readonly string[]): RunningPeer {
  const url = URL.parse(text);
  if (url === null) throw refused(`'${text}' is not a URL`);
  if (url.protocol !== 'http:') throw refused(`'${text}': only http: is spoken, on the same machine or in its network`);
  if (url.pathname !== '/' || url.search !== '') throw refused(`'${text}': what is asked for is said by --path`);
  if (flags.length > 0) throw refused('a server that runs already cannot be given --flags: use --our-flags');
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return { at: 'url', name: url.host, endpoint: { hostname, port: Number(url.port || 80) }, host: url.host };
}

function refused(why: string): HostError {
  return new HostError('bad-argument', `--with ${why}`);
}
