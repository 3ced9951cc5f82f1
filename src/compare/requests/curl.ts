import { readFileSync } from 'node:fs';
import { type Result, err, ok } from '../../util/result.ts';
import { suggest } from '../../util/suggest.ts';
import type { WireField } from '../wire/wire-reply.ts';
import type { PlainRequest } from './probe.ts';
import { quoteWord, splitWords } from './split-words.ts';

/** Options with a value, by each of their names. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  X: 'request',
  H: 'header',
  d: 'data',
  A: 'user-agent',
  e: 'referer',
  b: 'cookie',
  u: 'user',
  o: 'output',
  m: 'max-time',
  w: 'write-out',
};
const LONG_WITH_VALUE = new Set([
  ...Object.values(WITH_VALUE),
  'url',
  'json',
  'data-raw',
  'data-binary',
  'data-ascii',
  'data-urlencode',
  'connect-timeout',
  'retry',
]);
const SWITCHES: Readonly<Record<string, string>> = {
  I: 'head',
  G: 'get',
  i: 'include',
  s: 'silent',
  S: 'show-error',
  v: 'verbose',
  k: 'insecure',
  L: 'location',
  f: 'fail',
  N: 'no-buffer',
  g: 'globoff',
};
const LONG_SWITCHES = new Set([...Object.values(SWITCHES), 'compressed', 'http1.1', 'path-as-is', 'no-progress-meter']);

interface GivenOption {
  readonly name: string;
  readonly value: string;
}

/**
 * The request that a curl command would send, to whatever host it names. `host` stands for the URL's. Files of `-d @file` are read.
 *
 * Error: what is not understood, for the person who wrote the line.
 */
export function parseCurl(line: string, host: string): Result<PlainRequest, string> {
  const words = splitWords(line);
  if (words.tag === 'err') return words;
  const [program, ...args] = words.val;
  if (program !== 'curl') return err(`it does not begin with curl but with ${program ?? 'nothing'}`);
  const given = readOptions(args);
  return given.tag === 'err' ? given : toRequest(given.val, host);
}

/** A curl command that sends the request to `origin`; undefined if its body is not text of a reasonable length, or curl cannot send it so. */
export function toCurl(origin: string, request: PlainRequest): string | undefined {
  const { method, target, fields, body, chunkBytes, trailers = [] } = request;
  const isText = body === undefined || (body.byteLength <= MAX_SHOWN_BODY && !body.includes(0));
  if (!isText || trailers.length > 0 || !target.startsWith('/') || target.includes('#')) return undefined;
  const methodWords = method === 'HEAD' ? ['-I'] : method === 'GET' && body === undefined ? [] : ['-X', method];
  const words = [
    ...['curl', '-i', '--path-as-is', '-g'],
    ...methodWords,
    ...fields.flatMap(([name, value]) => ['-H', value === '' ? `${name};` : `${name}: ${value}`]),
    ...(chunkBytes === undefined ? [] : ['-H', 'Transfer-Encoding: chunked']),
    ...(body === undefined ? [] : ['--data-binary', Buffer.from(body).toString('latin1')]),
    `${origin}${target}`,
  ];
  return words.map(quoteWord).join(' ');
}

const MAX_SHOWN_BODY = 2000;

function readOptions(args: readonly string[]): Result<GivenOption[], string> {
  const given: GivenOption[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const option = readOption(word);
    if (option.tag === 'err') return option;
    const { names, needs, value } = option.val;
    given.push(...names.map((name) => ({ name, value: '' })));
    if (needs === undefined) continue;
    const text = value ?? args[(at += 1)];
    if (text === undefined) return err(`${word} lacks its value`);
    given.push({ name: needs, value: text });
  }
  return ok(given);
}

/** The switches in a word, and the option whose value is the rest of the word, or the next one. */
interface OptionWord {
  readonly names: readonly string[];
  readonly needs?: string | undefined;
  readonly value?: string;
}

function readOption(word: string): Result<OptionWord, string> {
  if (!word.startsWith('-') || word === '-') return ok({ names: [], needs: 'url', value: word });
  if (word.startsWith('--')) return readLongOption(word.slice(2));
  const names: string[] = [];
  for (const [at, letter] of Array.from(word).entries()) {
    if (at === 0) continue;
    const needs = WITH_VALUE[letter];
    const rest = word.slice(at + 1);
    if (needs !== undefined) return ok({ names, needs, ...(rest !== '' && { value: rest }) });
    const name = SWITCHES[letter];
    if (name === undefined) return err(`-${letter} is not an option of curl that is known here`);
    names.push(name);
  }
  return ok({ names });
}

function readLongOption(name: string): Result<OptionWord, string> {
  if (LONG_SWITCHES.has(name)) return ok({ names: [name] });
  if (LONG_WITH_VALUE.has(name)) return ok({ names: [], needs: name });
  return err(
    `--${name} is not an option of curl that is known here${suggest(name, [...LONG_WITH_VALUE, ...LONG_SWITCHES])}`,
  );
}

function toRequest(given: readonly GivenOption[], host: string): Result<PlainRequest, string> {
  const urls = given.filter(({ name }) => name === 'url');
  const [url] = urls;
  if (url === undefined || urls.length > 1) return err(url === undefined ? 'it has no URL' : 'it has several URLs');
  const target = toTarget(url.value);
  if (target === undefined) return err(`its URL is not one of http: ${url.value}`);
  const data = readData(given);
  if (data.tag === 'err') return data;
  const has = (name: string): boolean => given.some((option) => option.name === name);
  const isQuery = has('get') && data.val !== undefined;
  const body = isQuery ? undefined : data.val;
  const usual = has('head') ? 'HEAD' : body === undefined ? 'GET' : 'POST';
  const joined = `${target}${target.includes('?') ? '&' : '?'}${Buffer.from(data.val ?? []).toString('latin1')}`;
  const { fields, isChunked } = toFields(given, host, body !== undefined);
  return ok({
    method: given.findLast(({ name }) => name === 'request')?.value ?? usual,
    target: isQuery ? joined : target,
    fields,
    ...(body !== undefined && { body }),
    ...(body !== undefined && isChunked && { chunkBytes: CURL_CHUNK_BYTES }),
  });
}

const CURL_CHUNK_BYTES = 65_536;

/** Path and query as they are written: nothing is normalised. Text beyond latin1 becomes the bytes of UTF-8. */
export function toTarget(url: string): string | undefined {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?[^/?#]*([^#]*)/i.exec(url) ?? [];
  if (!/^https?$/i.test(scheme) || url === '') return undefined;
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  return Array.from(toWireText(target), (char) =>
    char > ' ' && char !== '\x7f' ? char : encodeURIComponent(char),
  ).join('');
}

/** Text whose characters are all bytes stays as it is; other text becomes the bytes of its UTF-8. */
export function toWireText(text: string): string {
  return /^[\0-\xff]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

const DATA_OPTIONS = new Set(['data', 'data-ascii', 'data-raw', 'data-binary', 'data-urlencode', 'json']);

function readData(given: readonly GivenOption[]): Result<Uint8Array | undefined, string> {
  const pieces: Buffer[] = [];
  for (const { name, value } of given.filter((option) => DATA_OPTIONS.has(option.name))) {
    const piece = readPiece(name, value);
    if (piece.tag === 'err') return piece;
    if (pieces.length > 0 && name !== 'json') pieces.push(Buffer.from('&'));
    pieces.push(piece.val);
  }
  return ok(pieces.length === 0 ? undefined : Buffer.concat(pieces));
}

function readPiece(name: string, value: string): Result<Buffer, string> {
  if (name === 'data-urlencode') return ok(Buffer.from(encodeData(value)));
  if (!value.startsWith('@') || name === 'data-raw') return ok(Buffer.from(toWireText(value), 'latin1'));
  try {
    const bytes = readFileSync(value.slice(1));
    const isKept = name === 'data-binary' || name === 'json';
    return ok(isKept ? bytes : Buffer.from(bytes.toString('latin1').replaceAll(/[\r\n\0]/g, ''), 'latin1'));
  } catch (error) {
    return err(`${value.slice(1)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `name=content`, of which the content is encoded, or content alone. */
function encodeData(value: string): string {
  const at = value.indexOf('=');
  const name = at > 0 ? value.slice(0, at + 1) : '';
  return name + encodeURIComponent(value.slice(at + 1));
}

interface CurlFields {
  readonly fields: readonly WireField[];
  readonly isChunked: boolean;
}

/** What curl sends by itself too, unless `-H 'Name:'` removes it. */
function toFields(given: readonly GivenOption[], host: string, hasBody: boolean): CurlFields {
  const isJson = given.some(({ name }) => name === 'json');
  const type = isJson ? 'application/json' : 'application/x-www-form-urlencoded';
  const byOption = given.flatMap(({ name, value }): WireField[] => FIELDS_OF_OPTIONS[name]?.(value) ?? []);
  const usual: WireField[] = [
    ['Host', host],
    ['User-Agent', 'curl'],
    ['Accept', isJson ? 'application/json' : '*/*'],
    ...(hasBody ? [['Content-Type', type] as const] : []),
  ];
  const written = given.filter(({ name }) => name === 'header').map(({ value }) => value);
  const named = new Set([...written.map((line) => nameOf(line)), ...byOption.map(([name]) => name.toLowerCase())]);
  const added = written.flatMap(parseHeader);
  const fields = [
    ...usual.filter(([name]) => !named.has(name.toLowerCase()) || isLostHost(name, added)),
    ...byOption,
    ...added,
  ];
  const isChunked = fields.some(([name, value]) => /^transfer-encoding$/i.test(name) && /chunked/i.test(value));
  return { fields: fields.filter((field) => !isFraming(field)), isChunked };
}

function isFraming([name]: WireField): boolean {
  return /^(?:content-length|transfer-encoding)$/i.test(name);
}

/** A request without a host is malformed, and no plain one. */
function isLostHost(name: string, added: readonly WireField[]): boolean {
  return name === 'Host' && !added.some(([other]) => other.toLowerCase() === 'host');
}

const FIELDS_OF_OPTIONS: Readonly<Record<string, (value: string) => WireField[]>> = {
  'user-agent': (value) => [['User-Agent', toWireText(value)]],
  referer: (value) => [['Referer', toWireText(value)]],
  cookie: (value) => [['Cookie', toWireText(value)]],
  user: (value) => [['Authorization', `Basic ${Buffer.from(value).toString('base64')}`]],
  compressed: () => [['Accept-Encoding', 'deflate, gzip, br']],
};

function nameOf(line: string): string {
  return (/^[^:;]*/.exec(line)?.[0] ?? '').trim().toLowerCase();
}

/** `Name: value`; `Name;` has an empty value; `Name:` removes one of curl's own. */
function parseHeader(line: string): WireField[] {
  const [, name = '', mark, value = ''] = /^([^:;]+)([:;])\s*(.*?)\s*$/s.exec(toWireText(line)) ?? [];
  if (name === '' || (mark === ':' && value === '')) return [];
  return [[name.trim(), mark === ';' ? '' : value.replaceAll(/[\r\n\0]/g, ' ')]];
}
