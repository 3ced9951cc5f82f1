import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Component, createHost, type LogEvent } from '../../src/index.ts';
import type { InstanceStrategy } from '../../src/instance/strategy.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { takeBugs } from '../harness/bugs.ts';
import { guest } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, type Served, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { outcomeOf } from '../harness/outcome.ts';
import { until } from '../harness/until.ts';

// What fails here is the host's own, or an embedder's function: it ends its request, and nothing else.

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const EVENTS = ['unhandledRejection', 'uncaughtException'] as const;
let good: Served;

beforeAll(async () => {
  for (const event of EVENTS) process.on(event, note);
  good = await serveGuest('hello');
});

afterEach(async () => {
  expect((await requestRaw(good.origin, rawGet('/'))).body).toBe('Hello from wasi-serve!\n');
  expect(unhandled).toEqual([]);
});

afterAll(async () => {
  await good[Symbol.asyncDispose]();
  for (const event of EVENTS) process.off(event, note);
});

function injected(): never {
  throw new Error('injected');
}

/** Calls `break_` with the response of each request from now on in this test. */
function breakResponses(served: Served, break_: (response: ServerResponse) => void): void {
  const { port } = new URL(served.origin);
  const begin = (message: unknown): void => {
    const { response, socket } = message as { response: ServerResponse; socket: { localPort: number } };
    if (`${socket.localPort}` === port) break_(response);
  };
  subscribe('http.server.request.start', begin);
  onTestFinished(() => void unsubscribe('http.server.request.start', begin));
}

async function serveBroken(name: string): Promise<[Served, ReturnType<typeof leftovers>]> {
  const served = await serveGuest(name);
  return [served, leftovers(served.host)];
}

/** `hello`, some calls of whose strategy throw. */
async function withStrategy(change: (strategy: InstanceStrategy) => Partial<InstanceStrategy>): Promise<Component> {
  const component = await guest('hello');
  return {
    ...component,
    createStrategy: () => {
      const strategy = component.createStrategy();
      return {
        name: strategy.name,
        kept: strategy.kept,
        take: (ctx) => strategy.take(ctx),
        giveBack: (instance, state) => strategy.giveBack(instance, state),
        [Symbol.dispose]: () => strategy[Symbol.dispose](),
        ...change(strategy),
      };
    },
  };
}

describe('a response of Node that', () => {
  /** [what fails, how it is broken, guest, what its client sees] */
  const BROKEN: readonly [string, (response: ServerResponse) => void, string, RegExp][] = [
    ['takes no head', (response) => void (response.writeHead = injected), 'hello', /closed|reset/],
    ['does not end', (response) => void (response.end = injected as never), 'hello', /closed|reset/],
    ['takes no bytes', (response) => void (response.write = injected as never), 'streams?count=3', /closed|reset/],
    [
      'fails when it ends',
      (response) => void response.on('finish', () => response.emit('error', new Error('injected'))),
      'hello',
      /200/,
    ],
    [
      'is written to after its end',
      (response) => void response.on('finish', () => response.write('more')),
      'hello',
      /200/,
    ],
    [
      'fails by an event',
      (response) => void setImmediate(() => response.emit('error', new Error('injected'))),
      'sleep?ms=5000',
      /closed|reset/,
    ],
    [
      'cannot be asked whether its client left',
      (response) => void Object.defineProperty(response, 'closed', { get: injected }),
      'hello',
      /closed|reset/,
    ],
  ];

  test.each(BROKEN)('%s ends its request only', async (_name, break_, name, outcome) => {
    const [served, start] = await serveBroken(name.replace(/\?.*/, ''));
    await using _served = served;
    breakResponses(served, break_);
    const query = /\?.*/.exec(name)?.[0] ?? '';
    expect(`${await outcomeOf(requestRaw(served.origin, rawGet(`/${query}`)))}`).toMatch(outcome);
    await until(() => served.host.inFlight === 0);
    await untilNothingIsLeft(served.host, start);
    takeBugs();
  });
});

describe('a strategy that', () => {
  test('gives no instance ends the request with 500, and gives back its place', async () => {
    let calls = 0;
    const broken = await withStrategy((strategy) => ({
      take: (ctx) => (calls++ === 0 ? injected() : strategy.take(ctx)),
    }));
    await using served = await serveGuest(broken, { maxConcurrentRequests: 1, maxQueuedRequests: 0 });
    expect(await outcomeOf(requestRaw(served.origin, rawGet('/')))).toBe(500);
    expect(failuresOf(served)).toEqual(['the guest failed to start: injected']);
    expect(await outcomeOf(requestRaw(served.origin, rawGet('/')))).toBe(200);
  });

  test('takes no instance back harms no reply, and gives back the place', async () => {
    const broken = await withStrategy(() => ({ giveBack: injected }));
    await using served = await serveGuest(broken, { maxConcurrentRequests: 1, maxQueuedRequests: 0 });
    for (let requests = 0; requests < 3; requests += 1) {
      expect(await outcomeOf(requestRaw(served.origin, rawGet('/')))).toBe(200);
      await until(() => served.host.inFlight === 0);
    }
    expect(failuresOf(served)).toEqual(['injected', 'injected', 'injected']);
  });
});

describe('a log that', () => {
  const LOGS: readonly [string, (event: LogEvent) => unknown][] = [
    ['throws', injected],
    [
      'throws what has no text',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects', () => Promise.reject(new Error('injected'))],
    ['throws when it is told of failures', (event) => (event.at === 'request-failed' ? injected() : undefined)],
  ];

  test.each(LOGS)('%s does not keep anyone from a reply, and is reported once', async (_name, log) => {
    const component = await guest('trap-before');
    await using host = createHost(component, {}, log);
    const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
    for (let requests = 0; requests < 3; requests += 1) {
      expect(await outcomeOf(requestRaw(formatOrigin(address), rawGet('/')))).toBe(500);
    }
    await until(() => host.inFlight === 0);
    await nextTurn();
    expect(takeBugs()).toHaveLength(1);
  });
});

test("an embedder's function that throws for a guest's output ends the guests that print", async () => {
  await using served = await serveGuest('print', { writeGuestOutput: injected });
  const start = leftovers(served.host);
  for (let requests = 0; requests < 2; requests += 1) {
    expect(await outcomeOf(requestRaw(served.origin, rawGet('/')))).toBe(500);
    await until(() => served.host.inFlight === 0);
  }
  expect(failuresOf(served).at(-1)).toMatch(/the guest trapped: injected$/);
  await untilNothingIsLeft(served.host, start);
});

test('a head that Node does not take leaves nothing of itself in the one that says so', async () => {
  await using served = await serveGuest('status');
  breakResponses(served, (response) => {
    const { writeHead } = response;
    const broken = (...args: readonly unknown[]): unknown => {
      response.writeHead = writeHead;
      return Reflect.apply(writeHead, response, [...args.slice(0, -1), ['a', '\n']]);
    };
    response.writeHead = broken as typeof writeHead;
  });
  const { statusLine } = await requestRaw(served.origin, rawGet('/?code=404'));
  expect(statusLine).toBe('HTTP/1.1 500 Internal Server Error');
});

test('a guest whose reply the host cannot send ends, though it waits for long', async () => {
  await using served = await serveGuest('after-reply');
  breakResponses(served, (response) => void (response.writeHead = injected));
  const start = leftovers(served.host);
  expect(await outcomeOf(requestRaw(served.origin, rawGet('/?ms=20000')))).toMatch(/closed|reset/);
  await until(() => served.host.inFlight === 0);
  await untilNothingIsLeft(served.host, start);
  expect(served.host.load.keptInstances).toBe(0);
});

test('fetch: a request whose body is already being read is rejected', async () => {
  const request = new Request('http://test/', { method: 'POST', body: 'read by another' });
  const reader = request.body?.getReader();
  await using host = createHost(await guest('hello'), {});
  await expect(host.fetch(request)).rejects.toThrow(TypeError);
  reader?.releaseLock();
  expect(host.inFlight).toBe(0);
});

test('fetch: a reply that cannot be constructed rejects, and nothing else happens', async () => {
  const request = new Request('http://test/');
  await using host = createHost(await guest('hello'), {});
  Object.defineProperty(request.signal, 'removeEventListener', { value: injected });
  await host.fetch(request).catch(() => undefined);
  await until(() => host.inFlight === 0);
});
