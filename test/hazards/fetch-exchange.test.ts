import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { getEventListeners, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Host, type ServeOptions, component, createHost } from '../../src/index.ts';
import { guest, guestFile, TEST_CACHE } from '../harness/guests.ts';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { type Observed, failuresOf, linesOf, observe, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until, untilStalled, untilStill } from '../harness/until.ts';

const MIB = 1024 * 1024;

interface Fetched extends Observed, AsyncDisposable {
  readonly host: Host;
}

async function fetching(name: string, options: ServeOptions = {}): Promise<Fetched> {
  const { observed, log, hostOptions } = observe(options);
  const host = createHost(await guest(name), hostOptions, log);
  return { ...observed, host, [Symbol.asyncDispose]: async () => void (await host.close(5000)) };
}

function request(path: string, init: RequestInit & { duplex?: 'half' } = {}): Request {
  return new Request(`http://test${path}`, init);
}

/** A stream of bytes in the hand of a test. */
function createBody(): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  cancelled: unknown;
} {
  const body = { cancelled: undefined as unknown } as ReturnType<typeof createBody>;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => void Object.assign(body, { controller }),
    cancel: (reason) => void (body.cancelled = reason ?? 'cancelled'),
  });
  return Object.assign(body, { stream });
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (const _round of [1, 2]) {
    // What a turn looks at, it keeps.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}

describe('an aborted request', () => {
  test('before it is fetched runs no guest', async () => {
    await using fetched = await fetching('print');
    const signal = AbortSignal.abort(new Error('early'));
    await expect(fetched.host.fetch(request('/', { signal }))).rejects.toThrow('early');
    expect((await untilAnswered(fetched)).end).toBe('client-left');
    expect(fetched.output.all).toEqual([]);
  });

  test('is noticed even if nothing else holds the request', async () => {
    await using fetched = await fetching('sleep');
    const abort = new AbortController();
    const response = fetched.host.fetch(request('/?ms=60000', { signal: abort.signal }));
    await until(() => fetched.host.inFlight === 1);
    await collectGarbage();
    abort.abort(new Error('enough'));
    await expect(response).rejects.toThrow('enough');
  });

  test('while the guest works rejects, and ends the guest', async () => {
    await using fetched = await fetching('sleep');
    const start = leftovers(fetched.host);
    const abort = new AbortController();
    const response = fetched.host.fetch(request('/?ms=60000', { signal: abort.signal }));
    await until(() => fetched.host.inFlight === 1);
    abort.abort(new Error('enough'));
    await expect(response).rejects.toThrow('enough');
    expect(await untilAnswered(fetched)).toMatchObject({ end: 'client-left', status: 499 });
    await untilNothingIsLeft(fetched.host, start);
  });

  test('while it waits for its turn rejects, and starts no guest', async () => {
    await using fetched = await fetching('sleep', { maxConcurrentRequests: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const busy = fetched.host.fetch(request('/?ms=60000&busy', { signal: first.signal }));
    const waiting = fetched.host.fetch(request('/?ms=60000&waiting', { signal: second.signal }));
    second.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect((await untilAnswered(fetched, '/?ms=60000&waiting')).end).toBe('client-left');
    first.abort();
    await expect(busy).rejects.toMatchObject({ name: 'AbortError' });
    expect(await (await fetched.host.fetch(request('/?ms=0'))).text()).toBe('slept 0\n');
  });

  test('during the reply breaks its body, and ends the guest', async () => {
    await using fetched = await fetching('slow-body');
    const abort = new AbortController();
    const response = await fetched.host.fetch(request('/?chunks=100000&ms=5', { signal: abort.signal }));
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort(new Error('enough'));
    await expect(readToEnd(reader)).rejects.toThrow('enough');
    expect((await untilAnswered(fetched)).end).toBe('client-left');
    await until(() => fetched.host.inFlight === 0);
  });

  test('after its reply changes nothing', async () => {
    await using fetched = await fetching('hello');
    const abort = new AbortController();
    const response = await fetched.host.fetch(request('/', { signal: abort.signal }));
    abort.abort();
    expect(await response.text()).toBe('Hello from wasi-serve!\n');
    expect(failuresOf(fetched)).toEqual([]);
  });

  test('that never comes leaves no listener on its signal', async () => {
    await using fetched = await fetching('hello');
    const { signal } = new AbortController();
    for (let round = 0; round < 5; round += 1) {
      const sent = request('/', { signal });
      const before = getEventListeners(sent.signal, 'abort').length;
      await fetched.host.fetch(sent);
      expect(getEventListeners(sent.signal, 'abort')).toHaveLength(before);
    }
  });
});

describe('a reader of a Response', () => {
  test('that cancels ends the guest', async () => {
    await using fetched = await fetching('flood');
    const response = await fetched.host.fetch(request('/?bytes=100000000000'));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel('enough');
    expect((await untilAnswered(fetched)).end).toBe('client-left');
    await until(() => fetched.host.inFlight === 0);
  });

  test('that never reads stops the guest, and one that keeps reading lets it continue', async () => {
    await using fetched = await fetching('flood');
    const response = await fetched.host.fetch(request(`/?bytes=${1024 * MIB}&progress=1`));
    const reader = response.body?.getReader();
    await reader?.read();
    for (let read = 0; read < 4 * MIB;) read += (await reader?.read())?.value?.byteLength ?? Infinity;
    const progress = await untilStalled(fetched);
    expect(progress).toBeLessThan(8);
    for (let read = 0; read < 16 * MIB;) read += (await reader?.read())?.value?.byteLength ?? Infinity;
    await until(() => linesOf(fetched, 'stderr').length >= progress + 8);
    await reader?.cancel();
  });

  test('that never takes the body loses it at the deadline', async () => {
    await using fetched = await fetching('flood', { timeoutMs: 100 });
    const response = await fetched.host.fetch(request(`/?bytes=${1024 * MIB}`));
    expect((await untilAnswered(fetched)).end).toBe('aborted');
    await expect(response.text()).rejects.toThrow('the reply was broken off');
    expect(fetched.host.inFlight).toBe(0);
  });

  test('of a reply that breaks sees the break', async () => {
    await using fetched = await fetching('trap-after');
    const response = await fetched.host.fetch(request('/?ms=5'));
    await expect(response.text()).rejects.toThrow('the reply was broken off');
  });
});

describe("a request's body", () => {
  test('that errors reaches the guest as a break, never as an end', async () => {
    await using fetched = await fetching('echo');
    const body = createBody();
    body.controller.enqueue(Buffer.from('half'));
    const response = await fetched.host.fetch(request('/', { method: 'POST', body: body.stream, duplex: 'half' }));
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('half');
    body.controller.error(new Error('torn'));
    await expect(readToEnd(reader)).rejects.toThrow('the reply was broken off');
    expect(failuresOf(fetched)[0]).toMatch(/dropped its outgoing-body/);
  });

  test('that gives something else than bytes reaches the guest as a break', async () => {
    await using fetched = await fetching('trailers');
    const stream = new ReadableStream({ start: (controller) => controller.enqueue('text') });
    const response = await fetched.host.fetch(request('/', { method: 'POST', body: stream, duplex: 'half' }));
    expect(await response.text()).toBe('trailers: ErrorCode::ConnectionTerminated\n');
  });

  test('that the guest never reads is cancelled when it is over', async () => {
    await using fetched = await fetching('hello');
    const body = createBody();
    const response = await fetched.host.fetch(request('/', { method: 'POST', body: body.stream, duplex: 'half' }));
    expect(await response.text()).toBe('Hello from wasi-serve!\n');
    await until(() => body.cancelled !== undefined);
  });

  test.each(['poll', 'never-set'])('is cancelled when its guest fails: %s', async (name) => {
    await using fetched = await fetching(name);
    const body = createBody();
    const init = { method: 'POST', body: body.stream, duplex: 'half' } as const;
    expect((await fetched.host.fetch(request('/?case=empty', init))).status).toBe(500);
    await until(() => body.cancelled !== undefined);
  });

  test('is read no further than the guest goes', async () => {
    await using fetched = await fetching('echo');
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array(64 * 1024));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await fetched.host.fetch(request('/', { method: 'POST', body: stream, duplex: 'half' }));
    const reader = response.body?.getReader();
    await reader?.read();
    await until(() => pulled > 0);
    const before = pulled;
    await untilStill(() => pulled);
    expect(pulled).toBeLessThan(before + 8);
    await reader?.cancel();
    await until(() => fetched.host.inFlight === 0);
  });
});

test.each([205, 204, 304])('a status %i, with which no Response has a body, resolves', async (code) => {
  await using fetched = await fetching('status');
  const response = await fetched.host.fetch(request(`/?code=${code}`));
  expect(response.status).toBe(code);
  expect(await response.text()).toBe('');
});

async function mounted(name: string): Promise<AsyncDisposable & Observed & { readonly origin: string }> {
  const { observed, log, hostOptions } = observe({});
  const handler = component(guestFile(name), { cache: TEST_CACHE, ...hostOptions }, log);
  await handler.ready;
  const server = serve({ fetch: new Hono().all('*', handler).fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    ...observed,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      await handler[Symbol.asyncDispose]();
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

describe('a component inside a Hono app', () => {
  test.each([
    { name: 'sleep', path: '/?ms=60000' },
    { name: 'slow-body', path: '/?chunks=100000&ms=5' },
    { name: 'flood', path: '/?bytes=100000000000' },
  ])('ends its guest when the client leaves: $name', async ({ name, path }) => {
    await using app = await mounted(name);
    const client = await connectRaw(app.origin);
    await client.send(rawGet(path));
    if (name === 'sleep') await client.send('');
    else await client.readHead();
    client.reset();
    expect((await untilAnswered(app)).end).toBe('client-left');
  });

  test('streams both ways', async () => {
    await using app = await mounted('echo');
    await using client = await connectRaw(app.origin);
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const [index, text] of ['one', 'two', 'three'].entries()) {
      await client.sendChunk(text);
      if (index === 0) await client.readHead();
      expect(await client.readChunk()).toBe(text);
    }
    await client.sendChunk('');
    expect(await client.readChunk()).toBe('');
  });

  test('never makes a broken reply look complete', async () => {
    await using app = await mounted('trap-after');
    await using client = await connectRaw(app.origin);
    await client.send(rawGet('/?ms=5'));
    await client.readReply().then(
      ({ ending }) => expect(ending).not.toBe('framed'),
      (error: Error) => expect(error.name).toBe('ConnectionEnded'),
    );
  });
});

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  while ((await reader?.read())?.done === false);
}
