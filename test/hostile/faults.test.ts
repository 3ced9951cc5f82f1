import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Trap } from '../../src/util/trap.ts';
import { loadComponent } from '../../src/index.ts';
import { LOAD_WAYS, TEST_CACHE } from '../harness/guests.ts';
import type { FieldEntries } from '../../src/http/field-entries.ts';
import { Fields } from '../../src/wasi/http/fields.ts';
import { Parent } from '../../src/wasi/io/parent.ts';
import { OutgoingResponse } from '../../src/wasi/http/outgoing.ts';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { failuresOf, type Served, serveGuest } from '../harness/serve-guest.ts';
import type { WitFunc } from '../harness/wit-funcs.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { outcomeOf } from '../harness/outcome.ts';
import { until } from '../harness/until.ts';
import { assembleEveryFunction, isCalledBeforeHead, takesOutparam } from './every-function.ts';
import { Injection, mayWait } from './injection.ts';

const { funcs, component } = await assembleEveryFunction();
const injection = new Injection();
/** A function that does no harm. */
const NOW = funcs.findIndex(({ interfaceName, name }) => interfaceName === 'wasi:clocks/wall-clock' && name === 'now');

/** What a function does in place of what it should, and what the log says of it. */
interface Fault {
  readonly name: string;
  readonly fault: () => unknown;
  readonly log: RegExp;
  /** What a function that may not wait ends with instead. */
  readonly logAtOnce?: RegExp;
  /** Functions for which it is not a fault. */
  readonly isNone?: (func: WitFunc) => boolean;
  /** Injected in jco's glue too: each leaves a stack there, if its function may wait, for jco abandons the guest. */
  readonly inJco?: 'too';
}

const thrower = (thrown: unknown) => () => {
  throw thrown;
};

/** An error that throws when it is inspected. */
function unreadable(): Error {
  const error = new Error('unreadable');
  return Object.defineProperty(error, 'message', { get: thrower(new Error('injected, twice')) });
}

const AT_ONCE = /returned a promise, but is not listed in mayWait/;

const FAULTS: readonly Fault[] = [
  { name: 'throws an error', fault: thrower(new Error('injected')), log: /injected/, inJco: 'too' },
  { name: 'throws a trap', fault: thrower(new Trap('injected')), log: /the guest trapped: injected/ },
  { name: 'throws a text', fault: thrower('injected'), log: /injected/ },
  { name: 'throws nothing', fault: thrower(undefined), log: /undefined/ },
  {
    name: 'throws what has no text',
    fault: thrower(Object.create(null)),
    log: /the thrown value cannot be converted to a string/,
  },
  {
    name: 'throws what cannot be read',
    fault: () => thrower(unreadable())(),
    log: /the thrown value cannot be converted to a string/,
  },
  {
    name: 'returns a promise that rejects',
    fault: () => Promise.reject(new Error('injected')),
    log: /injected/,
    logAtOnce: AT_ONCE,
    inJco: 'too',
  },
  {
    name: 'returns a promise that rejects later',
    fault: () => nextTurn().then(thrower(new Error('injected'))),
    log: /injected/,
    logAtOnce: AT_ONCE,
  },
  {
    name: 'returns what is of no type',
    fault: () => ({ wrong: true }),
    log: /the host returned|must be|not a function|undefined/,
    // Everything is true or false.
    isNone: ({ type: { result } }) => result === undefined || result.kind === 'bool',
  },
  {
    name: 'returns a forged resource',
    fault: () => ({
      entries: [['connection', 'close']],
      status: 200,
      isReady: () => true,
      [Symbol.dispose]: () => undefined,
    }),
    log: /the host returned a value that is not a/,
    isNone: ({ type: { result } }) => result?.kind !== 'own',
  },
];

/** Fields that `Fields` takes from no guest. */
const FORGED: readonly (readonly [string, unknown])[] = [
  ['Connection', 'forged'],
  ['Transfer-Encoding', 'chunked, forged'],
  ['x\r\nforged', 'y'],
  ['x', 'y\r\nforged: z'],
  ['x', ['forged', 'forged']],
  ['', 'forged'],
  ['å', 'forged'],
  ['x', 7],
];

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const EVENTS = ['unhandledRejection', 'uncaughtException', 'warning'] as const;
let good: Served;

beforeAll(async () => {
  for (const event of EVENTS) process.on(event, note);
  good = await serveGuest('hello');
});

afterAll(async () => {
  await good[Symbol.asyncDispose]();
  for (const event of EVENTS) process.off(event, note);
});

describe.each(LOAD_WAYS)('$engine, $isolation', (way) => {
  const faults = FAULTS.filter(({ inJco }) => way.engine === 'linker' || inJco === 'too');
  let served: Served;
  beforeAll(async () => {
    const { interfaces } = injection;
    const loaded = await loadComponent(component, { ...way, cache: TEST_CACHE, label: 'every-function', interfaces });
    served = await serveGuest(loaded, {
      timeoutMs: 5000,
      writeGuestOutput: () => undefined,
      keyValueMemory: true,
      blobStores: { default: 'memory' },
    });
  });
  afterAll(() => served[Symbol.asyncDispose]());

  /** A request whose guest calls a function; `after`: when the head of its reply is out. Meanwhile a good guest answers. */
  async function strike(index: number, when: 'before' | 'after'): Promise<number | string> {
    const path = `/${when === 'after' ? 'a' : ''}${index}/${new URL(good.origin).host}`;
    const beside = requestRaw(good.origin, rawGet('/'));
    const outcome = await outcomeOf(requestRaw(served.origin, rawGet(path)));
    expect((await beside).body).toBe('Hello from wasi-serve!\n');
    while (served.host.inFlight > 0) await nextTurn();
    return outcome;
  }

  /** Makes a function fail before or after the head of the reply; returns what is not as expected. */
  async function fail(index: number, when: 'before' | 'after', { fault, log, ...more }: Fault): Promise<unknown[]> {
    const func = funcs[index] as WitFunc;
    injection.into(func, fault);
    const seen = failuresOf(served).length;
    const outcome = await strike(index, when);
    const said = failuresOf(served).slice(seen);
    const kept = served.host.load.keptInstances;
    const isReset = when === 'after' && !isCalledBeforeHead(func);
    const expected = mayWait(func) ? log : (more.logAtOnce ?? log);
    const isRight = outcome === (isReset ? 'reset' : 500) && said.some((message) => expected.test(message));
    if (injection.calls > 0 && isRight && kept === 0) return [];
    return [{ func: `${func.interfaceName}#${func.name}`, when, outcome, said, kept, calls: injection.calls }];
  }

  test.each(faults)('a function that $name ends its request only', async (fault) => {
    const start = leftovers(served.host);
    const wrong: unknown[] = [];
    for (const [index, func] of funcs.entries()) {
      if (fault.isNone?.(func) === true) continue;
      wrong.push(...(await fail(index, 'before', fault)));
      if (way.engine === 'linker' && !takesOutparam(func)) wrong.push(...(await fail(index, 'after', fault)));
    }
    expect(wrong).toEqual([]);
    injection.end();
    // What does as it should is kept for the next request.
    expect(await strike(NOW, 'before')).toBe(200);
    expect(served.host.load.keptInstances).toBe(way.engine === 'jco' ? 0 : 1);
    await untilNothingIsLeft(served.host, start);
    expect(unhandled).toEqual([]);
  });

  const waiting = [...funcs.entries()].filter(([, func]) => mayWait(func));

  test.each([
    ['returns', (call: () => unknown) => call()],
    ['fails', thrower(new Error('injected'))],
  ])('a function that %s when its request is over does not let the guest continue', async (_name, settle) => {
    const start = leftovers(served.host);
    for (const [index, func] of waiting) {
      const late = Promise.withResolvers<void>();
      injection.into(func, (_ctx, call) => late.promise.then(() => settle(call)));
      await using client = await connectRaw(served.origin);
      await client.send(rawGet(`/${index}/${new URL(good.origin).host}`));
      await until(() => injection.calls > 0);
      client.reset();
      await until(() => served.host.inFlight === 0);
      const { callsOfAny } = injection;
      late.resolve();
      for (let turns = 0; turns < 5; turns += 1) await nextTurn();
      expect(injection.callsOfAny, func.name).toBe(callsOfAny);
      expect(served.host.load.keptInstances).toBe(0);
    }
    injection.end();
    expect(await strike(NOW, 'before')).toBe(200);
    await untilNothingIsLeft(served.host, start);
    expect(unhandled).toEqual([]);
  });

  test.each(FORGED)('fields that bypassed the checks do not go on the wire: %j', async (...forged) => {
    const constructor = funcs.findIndex(({ name }) => name === '[constructor]outgoing-response');
    const fields = [['x-good', 'yes'], forged] as unknown as FieldEntries;
    injection.into(
      funcs[constructor] as WitFunc,
      (ctx) => new OutgoingResponse(Fields.ofMessage(ctx, fields, new Parent('a message'))),
    );
    const seen = failuresOf(served).length;
    const reply = await requestRaw(served.origin, rawGet(`/${NOW}/`));
    expect([reply.status, reply.headerLines.some((line) => /forged|x-good/i.test(line))]).toEqual([500, false]);
    expect(failuresOf(served).slice(seen).join()).toMatch(/was not sent|Invalid character|must be a valid HTTP token/);
    injection.end();
    expect(unhandled).toEqual([]);
  });

  test('of two content-lengths that bypassed the checks, at most one goes on the wire', async () => {
    const constructor = funcs.findIndex(({ name }) => name === '[constructor]outgoing-response');
    const fields: FieldEntries = [
      ['content-length', '7'],
      ['content-length', '0'],
    ];
    injection.into(
      funcs[constructor] as WitFunc,
      (ctx) => new OutgoingResponse(Fields.ofMessage(ctx, fields, new Parent('a message'))),
    );
    const { headerLines } = await requestRaw(served.origin, rawGet(`/${NOW}/`).replace('GET', 'HEAD'));
    expect(valuesOf({ headerLines }, 'content-length')).toEqual(['7']);
    injection.end();
  });

  test('what is kept for the request and throws when it is released keeps nothing else', async () => {
    const start = leftovers(served.host);
    let released = 0;
    for (const name of ['first', 'last']) {
      injection.into(funcs[NOW] as WitFunc, (ctx, call) => {
        if (name === 'last') ctx.keep({ [Symbol.dispose]: () => void (released += 1) });
        ctx.keep({ [Symbol.dispose]: thrower(new Error(`injected ${name}`)) });
        ctx.keep({ [Symbol.dispose]: () => void (released += 1) });
        return call();
      });
      expect(await strike(NOW, 'before')).toBe(200);
      expect(failuresOf(served).at(-1)).toBe(`injected ${name}`);
      // The state of the request's resources is unknown.
      expect(served.host.load.keptInstances).toBe(0);
    }
    expect(released).toBe(3);
    injection.end();
    await untilNothingIsLeft(served.host, start);
    expect(unhandled).toEqual([]);
  });
});
