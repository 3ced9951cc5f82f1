import { expect, test } from 'vitest';
import { type Options, parseOptions } from '../../scripts/bench/options.ts';
import { shareOf } from '../../scripts/bench/measure/measure.ts';

const parse = (line: string): Options => {
  const options = parseOptions(line.split(' ').filter((arg) => arg !== ''));
  if (options === undefined) throw new Error('it asks for help');
  return options;
};
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

test('without options: four guests beside four servers, nothing written', () => {
  const options = parse('');
  expect(names(options.guests)).toEqual(['hello', 'echo', 'js-fetch-event', 'js-hono']);
  expect(names(options.contenders)).toEqual(['node:http floor', 'wasi-serve', 'jco serve', 'wasmtime serve']);
  expect([...options.columns]).toEqual(['load', 'overlap', 'workers', 'insides']);
  expect(options).toMatchObject({ connections: [1, 32], rounds: 5, seconds: 4, starts: 3, isRecorded: false });
});

test('--all: every guest and every column that has a peer, wasmtime isolated and reused, written into the documents', () => {
  const options = parse('--all');
  const guests = ['hello', 'hello-wstd', 'hello-axum', 'echo', 'js-fetch-event', 'js-hono', 'python', 'go', 'csharp'];
  expect(names(options.guests)).toEqual(guests);
  expect(names(options.contenders).at(-1)).toBe('wasmtime serve --max-instance-reuse-count 128');
  expect([...options.columns]).toEqual(['load', 'bursts', 'bodies', 'outgoing', 'density', 'overlap', 'workers']);
  expect(options).toMatchObject({ connections: [1, 16, 64], rounds: 3, restSeconds: 12, isRecorded: true });
});

test.each([
  ['--all --quick', false],
  ['--all --guests hello', false],
  ['--all --columns bodies', false],
  ['--all --no-record', false],
  ['--all --columns load,workers --rounds 2', true],
  ['--all --guests hello --record', true],
  ['--record', true],
])('%s is written into the documents: %s', (line, isRecorded) => {
  expect(parse(line).isRecorded).toBe(isRecorded);
});

test('a component of one’s own takes the place of the guest with its name, or comes after all', () => {
  const options = parse('--guests hello,csharp --component csharp=/tmp/c.wasm --component other=o.wasm');
  expect(options.guests.map(({ name, file, reply }) => ({ name, file, reply }))).toEqual([
    { name: 'hello', file: 'components/hello/hello.wasm', reply: 'Hello from wasi-serve!\n' },
    { name: 'csharp', file: '/tmp/c.wasm', reply: undefined },
    { name: 'other', file: 'o.wasm', reply: undefined },
  ]);
});

test('--wasmtime names the program, flags after a name are its own, more can be added', () => {
  const { contenders } = parse('--wasmtime /opt/wasmtime --contenders wasmtime');
  const launch = { guest: parse('').guests[0] as Options['guests'][0], port: 1234, folder: '' };
  const more = contenders[0]?.and('-W', 'timeout=1s');
  expect(more?.name).toBe('wasmtime serve -W timeout=1s');
  expect(more?.command(launch)).toMatchObject({
    file: '/opt/wasmtime',
    args: expect.arrayContaining(['serve', '127.0.0.1:1234', '-W', 'timeout=1s', 'components/hello/hello.wasm']),
  });
});

test.each([
  ['--guests nobody', 'no such guest: nobody; there are hello, '],
  ['--contenders apache', 'no such contender: apache; there are node, '],
  ['--contenders toString', 'no such contender: toString; there are node, '],
  ['--columns weight', 'no such column: weight; there are load, '],
  ['--rounds 0', '--rounds must be a whole number from 1, not 0'],
  ['--connections 1,x', '--connections must be a whole number from 1, not x'],
  ['--component file.wasm', '--component must be NAME=FILE, not file.wasm'],
  ['--record --columns bodies', '--record needs the column load'],
])('%s: %s', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});

test.each([
  [[1, 32], 4, [1, 3]],
  [[1, 32], 2, [1, 1]],
  [[1, 16, 64], 12, [3, 4, 4]],
  [[1, 16, 64], 2, [1, 1, 1]],
  [[16, 64], 6, [3, 3]],
  [[1], 4, [4]],
])('with %j connections, %i seconds are shared as %j', (connections, seconds, shares) => {
  expect(connections.map((count) => shareOf(count, { connections, seconds }))).toEqual(shares);
});
