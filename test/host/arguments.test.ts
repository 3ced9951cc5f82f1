import { readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import {
  type LogEvent,
  SILENT,
  createFailureLog,
  createHost,
  createJsonLog,
  createTextLog,
  loadComponent,
  teeLog,
} from '../../src/index.ts';
import { takeBugs } from '../harness/bugs.ts';
import { guest, guestFile } from '../harness/guests.ts';

const hello = await guest('hello');
const echo = await guest('echo');

describe('createHost', () => {
  test.each<[string, unknown, string]>([
    ['a path', 'a.wasm', "not the string 'a.wasm': load it first, with await loadComponent('a.wasm')"],
    ['a URL', new URL('file:///a.wasm'), 'not the URL file:///a.wasm: load it first, with await loadComponent(url)'],
    ['a promise', guest('hello'), 'not a promise: await it first'],
    ['bytes', new Uint8Array(4), 'not bytes: load them first, with await loadComponent(bytes)'],
    ['a buffer', new ArrayBuffer(4), 'not bytes: load them first'],
    ['a handler', { answer: () => undefined }, 'not a handler: mount it, with host.mount(route, handler)'],
    ['null', null, 'not null'],
    ['a number', 7, 'not 7'],
    ['a list', [hello], 'not an object of Array'],
    ['a map', new Map(), 'not an object of Map'],
  ])('of %s says what it takes', (_name, value, message) => {
    expect(() => createHost(value as never)).toThrow(`createHost takes a component of loadComponent, ${message}`);
  });

  test('with something else for a log says so', () => {
    expect(() => createHost(hello, {}, 'json' as never)).toThrow(
      'a log is a function that takes an event, not the string',
    );
    expect(() => createHost({}, {} as never)).toThrow(
      'a log is a function that takes an event, not an object of Object',
    );
  });

  test('with outbound patterns that are none says so', () => {
    expect(() => createHost(hello, { outbound: ['nonsense://'] })).toThrow('nonsense://');
  });
});

describe('host.mount', () => {
  test.each<[string, unknown, string]>([
    ['a path', './a.wasm', "not the string './a.wasm': load it first, with await loadComponent('./a.wasm')"],
    ['a promise', guest('hello'), 'not a promise: await it first'],
    [
      'a function',
      () => new Response(),
      'not a function: a Hono app or its fetch is mounted with host.app.mount(path, app.fetch)',
    ],
    ['nothing', undefined, 'not undefined'],
  ])('of %s says what it takes', (_name, value, message) => {
    const host = createHost({}, SILENT);
    expect(() => host.mount('/', value as never)).toThrow(
      `host.mount takes a component of loadComponent or a handler, ${message}`,
    );
  });

  test('at a route that is taken says so', () => {
    const host = createHost(hello, {}, SILENT);
    expect(() => host.mount('/', echo)).toThrow("a handler is already mounted at '/'");
  });

  test('of a closed host says so', async () => {
    const host = createHost({}, SILENT);
    await host.close();
    expect(() => host.mount('/', hello)).toThrow('the host is closed');
  });
});

describe('host.fetch takes what the global fetch takes', () => {
  const host = createHost(echo, {}, SILENT);
  const post = { method: 'POST', body: 'to and fro', headers: { 'content-type': 'text/x' } };

  test.each<[string, Parameters<typeof host.fetch>]>([
    ['a text and init', ['http://localhost/x', post]],
    ['a URL and init', [new URL('http://localhost/x'), post]],
    ['a path and init', ['/x', post]],
    ['a Request', [new Request('http://localhost/x', post)]],
    ['a Request and init', [new Request('http://localhost/x', { ...post, body: 'other' }), { body: 'to and fro' }]],
    [
      'a Request and what a server adds',
      [new Request('http://localhost/x', post), { incoming: 1, outgoing: 2 } as never],
    ],
    ['a stream', ['/x', { ...post, body: new Blob(['to and fro']).stream() }]],
  ])('%s', async (_name, args) => {
    const response = await host.fetch(...args);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/x',
      'to and fro',
    ]);
  });

  test('also where it is passed on by itself', async () => {
    const { fetch } = host;
    expect(await (await fetch('/x', post)).text()).toBe('to and fro');
  });

  test.each<[string, unknown, string]>([
    ['a text that is no URL', 'x', "host.fetch cannot create a request from 'x': "],
    ['nothing', undefined, 'host.fetch takes a URL or a Request, not undefined'],
    ['a number', 7, 'host.fetch takes a URL or a Request, not 7'],
    ['an object', { path: '/' }, 'host.fetch takes a URL or a Request, not an object of Object'],
  ])('%s is a HostError', async (_name, input, message) => {
    await expect(host.fetch(input as never)).rejects.toMatchObject({
      name: 'HostError',
      code: 'bad-argument',
      message: expect.stringContaining(message) as string,
    });
  });

  test('a body for GET is a HostError', async () => {
    await expect(host.fetch('/', { body: 'x' })).rejects.toMatchObject({ name: 'HostError', code: 'bad-argument' });
  });
});

describe('what a host logs', () => {
  test('failures go to the console by default, and nothing else does', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      await using host = createHost(await guest('trap-before'));
      host.mount('/hello', hello);
      expect((await host.fetch('/hello')).status).toBe(200);
      expect(error.mock.calls).toEqual([]);
      expect((await host.fetch('/')).status).toBe(500);
      const [[text] = []] = error.mock.calls as string[][];
      expect(text).toMatch(/^error \[\S+\] guest never invoked `response-outparam::set` method: the guest trapped: /);
      expect(error.mock.calls.length).toBe(1);
    } finally {
      error.mockRestore();
    }
  });

  test('the log for programs and the log for people are there to pass in', async () => {
    const [lines, texts]: string[][] = [[], []];
    const log = teeLog(
      createJsonLog({ write: (line) => void lines?.push(line) }),
      createTextLog({ write: (text) => void texts?.push(text) }),
    );
    const host = createHost(hello, {}, log);
    await host.fetch('/x');
    await host.close();
    expect(lines?.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'request', path: '/x', status: 200 },
    ]);
    expect(texts?.join('')).toMatch(/^GET {2}\/x +200 /);
  });

  test.each<[string, (event: LogEvent) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the log is broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the log is broken'))],
  ])('a log that %s breaks nothing, and is told of once', async (_how, log) => {
    await using host = createHost(hello, {}, log as () => void);
    for (const path of ['/', '/x']) expect(await (await host.fetch(path)).text()).toBe('Hello from wasi-serve!\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(takeBugs()).toEqual([expect.stringContaining('the log is broken')]);
  });

  test('a console that throws breaks nothing', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {
      throw new Error('no console');
    });
    try {
      await using host = createHost(await guest('trap-before'), {}, createFailureLog());
      expect((await host.fetch('/')).status).toBe(500);
    } finally {
      error.mockRestore();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(takeBugs()).toEqual([expect.stringContaining('no console')]);
  });
});

test('a component of bytes is served like one of a file', async () => {
  const bytes = await readFile(guestFile('hello'));
  await using host = createHost(await loadComponent(new Uint8Array(bytes), { cache: false }), {}, SILENT);
  expect((await host.fetch('/')).status).toBe(200);
});
