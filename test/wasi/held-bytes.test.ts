import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LimitExceeded } from '../../src/util/trap.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { Cancelled } from '../../src/wasi/cancellation.ts';
import { HeldBytes, HeldTotal } from '../../src/util/held-bytes.ts';
import { Fields } from '../../src/wasi/http/fields.ts';
import type { OutgoingBytes } from '../../src/http/outgoing-bytes.ts';
import { OutgoingBody } from '../../src/wasi/http/outgoing-body.ts';
import { OutgoingRequest, OutgoingResponse } from '../../src/wasi/http/outgoing.ts';
import { UpstreamBody } from '../../src/outbound/upstream/upstream-body.ts';

/** What a guest has created and not dropped, and what it can reach from each. */
class Things {
  readonly total = new HeldTotal({ maxBytes: 1e9 });
  readonly ctx = new WasiCtx({ held: new HeldBytes(1e9, this.total) });
  readonly fields: Fields[] = [];
  readonly messages: (OutgoingRequest | OutgoingResponse)[] = [];
  readonly bodies: { readonly body: OutgoingBody; readonly bytes: OutgoingBytes }[] = [];
  readonly upstreams: { readonly body: UpstreamBody; unread: number }[] = [];

  /** At least this many bytes are reachable. */
  get reachable(): number {
    return (
      sum(this.fields, sizeOf) +
      sum(this.messages, (message) => sum(message.fields, ([name, value]) => name.length + value.length)) +
      sum(this.messages, (message) => (message instanceof OutgoingRequest ? (message.pathWithQuery?.length ?? 0) : 0)) +
      sum(this.messages, (message) => message.bytes?.queuedBytes ?? 0) +
      sum(this.upstreams, ({ unread }) => unread)
    );
  }

  dropAll(): void {
    for (const fields of this.fields.splice(0)) fields[Symbol.dispose]();
    for (const { body } of this.bodies.splice(0)) body[Symbol.dispose]();
    for (const message of this.messages.splice(0)) message[Symbol.dispose]();
    for (const { body } of this.upstreams.splice(0)) body[Symbol.dispose]();
  }
}

type Step = (things: Things) => void;

const NAMES = ['a', 'set-cookie', 'x-long-name'];
const pick = fc.nat(1000);
const nameArb = fc.constantFrom(...NAMES);
const valueArb = fc.nat(300).map((length) => new Uint8Array(length).fill(97));
const stepArb = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.constant((things) => void things.fields.push(Fields.create(things.ctx))),
  fc.array(fc.tuple(fc.constantFrom(...NAMES, 'host'), valueArb), { maxLength: 5 }).map((list) => (things) => {
    const made = Fields.fromList(things.ctx, list);
    if (made.tag === 'ok') things.fields.push(made.val);
  }),
  fc.tuple(pick, nameArb, valueArb).map(
    ([at, name, value]) =>
      ({ fields }) =>
        void any(fields, at)?.append(name, value),
  ),
  fc.tuple(pick, nameArb, fc.array(valueArb, { maxLength: 4 })).map(
    ([at, name, values]) =>
      ({ fields }) =>
        void any(fields, at)?.set(name, values),
  ),
  fc.tuple(pick, nameArb).map(
    ([at, name]) =>
      ({ fields }) =>
        void any(fields, at)?.delete(name),
  ),
  pick.map((at) => ({ fields }) => {
    const original = any(fields, at);
    if (original !== undefined) fields.push(original.clone());
  }),
  pick.map(
    (at) =>
      ({ fields }) =>
        take(fields, at)?.[Symbol.dispose](),
  ),
  pick.map((at) => ({ fields, messages, ctx }) => {
    const headers = take(fields, at);
    if (headers === undefined) return;
    messages.push(at % 2 === 0 ? new OutgoingResponse(headers) : new OutgoingRequest(ctx.held, headers));
  }),
  fc.tuple(pick, fc.option(fc.nat(2000), { nil: undefined })).map(([at, length]) => ({ messages }) => {
    const message = any(messages, at);
    const path = length === undefined ? undefined : `/${'p'.repeat(length)}`;
    if (message instanceof OutgoingRequest) message.setPathWithQuery(path);
  }),
  pick.map((at) => ({ messages, fields, ctx }) => {
    using view = any(messages, at)?.headers(ctx);
    if (view !== undefined) fields.push(view.clone());
  }),
  pick.map((at) => ({ messages, bodies, ctx }) => {
    const message = any(messages, at);
    const body = message?.body(ctx);
    if (body?.tag === 'ok') bodies.push({ body: body.val, bytes: message?.bytes as OutgoingBytes });
  }),
  fc.tuple(pick, fc.nat(5000)).map(([at, length]) => ({ bodies }) => {
    const bytes = any(bodies, at)?.bytes;
    const budget = bytes?.budget();
    if (typeof budget === 'number' && budget > 0) bytes?.write(new Uint8Array(length));
  }),
  pick.map(
    (at) =>
      ({ bodies }) =>
        void any(bodies, at)?.bytes.next(),
  ),
  pick.map(
    (at) =>
      ({ bodies }) =>
        any(bodies, at)?.bytes.leave(),
  ),
  pick.map(
    (at) =>
      ({ bodies }) =>
        void any(bodies, at)?.bytes.flush(),
  ),
  fc.tuple(pick, pick).map(([at, trailersAt]) => ({ bodies, fields }) => {
    const finished = take(bodies, at);
    if (finished !== undefined) finished.body.finish(trailersAt % 2 === 0 ? undefined : take(fields, trailersAt));
  }),
  pick.map(
    (at) =>
      ({ bodies }) =>
        take(bodies, at)?.body[Symbol.dispose](),
  ),
  pick.map(
    (at) =>
      ({ messages }) =>
        take(messages, at)?.[Symbol.dispose](),
  ),
  fc.constant(({ upstreams, ctx }) => {
    const flow = { pause: () => {}, resume: () => {}, leave: () => {} };
    upstreams.push({ body: new UpstreamBody(flow, ctx.held), unread: 0 });
  }),
  fc.tuple(pick, fc.nat(9000), fc.nat(9000)).map(([at, length, waste]) => ({ upstreams }) => {
    const upstream = any(upstreams, at);
    if (upstream === undefined || upstream.body.trailers() !== undefined) return;
    upstream.body.push(new Uint8Array(new ArrayBuffer(length + waste), waste, length));
    upstream.unread += length;
  }),
  fc.tuple(pick, fc.integer({ min: 1, max: 9000 })).map(([at, length]) => ({ upstreams }) => {
    const upstream = any(upstreams, at);
    const bytes = upstream?.body.read(length);
    if (upstream !== undefined && bytes instanceof Uint8Array) upstream.unread -= bytes.byteLength;
  }),
  pick.map(
    (at) =>
      ({ upstreams }) =>
        take(upstreams, at)?.body[Symbol.dispose](),
  ),
);

describe('what a request holds', () => {
  test('is never less than what its guest reaches, nothing once all is dropped, and nothing once it is over, in any order', () => {
    fc.assert(
      fc.property(fc.array(stepArb, { maxLength: 60 }), fc.boolean(), (steps, dropsAll) => {
        const things = new Things();
        for (const step of steps) {
          step(things);
          expect(things.ctx.held.bytes).toBeGreaterThanOrEqual(things.reachable);
          expect(things.total.sum).toBe(things.ctx.held.bytes);
        }
        if (dropsAll) {
          things.dropAll();
          expect(things.ctx.held.bytes).toBe(0);
        }
        const bodies = things.messages.flatMap(({ bytes }) => bytes ?? []);
        things.ctx[Symbol.dispose]();
        expect(things.total.sum).toBe(0);
        expect(bodies.map(({ queuedBytes }) => queuedBytes)).toEqual(bodies.map(() => 0));
        things.dropAll();
        expect([things.ctx.held.bytes, things.total.sum]).toEqual([0, 0]);
      }),
      { numRuns: 1000 },
    );
  });

  test('is what the wire has not taken of a body, until it asks for more', () => {
    const { ctx } = new Things();
    const bytes = bodyOf(ctx);
    bytes.write(new Uint8Array(1000));
    bytes.write(new Uint8Array(1000));
    const both = ctx.held.bytes;
    bytes.next();
    expect(ctx.held.bytes).toBe(both);
    bytes.next();
    expect(ctx.held.bytes).toBe(both / 2);
    bytes.abort('the guest trapped');
    expect(ctx.held.bytes).toBe(both / 2);
    bytes.next();
    expect(ctx.held.bytes).toBe(0);
  });

  test.each(['finished', 'pending'] as const)('breaks a body off of which the wire has not taken all (%s)', (end) => {
    const { ctx } = new Things();
    const bytes = bodyOf(ctx);
    bytes.write(Uint8Array.of(1));
    bytes.write(Uint8Array.of(2));
    if (end === 'finished') bytes.finish(undefined);
    expect(bytes.next()).toMatchObject({ at: 'bytes' });
    let woken = 0;
    bytes.broken.onReady(() => void (woken += 1));
    ctx.held.end('evicted');
    expect(bytes.next()).toEqual({ at: 'aborted', reason: ctx.cancellation.trap?.message });
    expect(woken).toBeGreaterThan(0);
  });

  test('leaves a body whole of which the wire has taken all', () => {
    const { ctx } = new Things();
    const bytes = bodyOf(ctx);
    bytes.write(Uint8Array.of(1));
    bytes.finish(undefined);
    bytes.next();
    ctx.held.end('evicted');
    expect(bytes.next()).toMatchObject({ at: 'finished' });
  });

  test('is nothing for the trailers of a body that is not sent any more', () => {
    const { ctx } = new Things();
    const bytes = bodyOf(ctx);
    bytes.leave();
    const trailers = Fields.create(ctx);
    trailers.append('a', Uint8Array.of(97));
    new OutgoingBody(bytes).finish(trailers);
    expect(ctx.held.bytes).toBe(0);
  });

  test('is as much of a buffer as is kept of it: a small part of a large one is copied', () => {
    const { ctx } = new Things();
    const body = new UpstreamBody({ pause: () => {}, resume: () => {}, leave: () => {} }, ctx.held);
    body.push(new Uint8Array(new ArrayBuffer(60_000), 100, 10));
    expect(ctx.held.bytes).toBeLessThan(1000);
    const small = body.read(100) as Uint8Array;
    expect([small.byteLength, small.buffer.byteLength]).toEqual([10, 10]);
    body.push(new Uint8Array(new ArrayBuffer(60_000), 100, 59_900));
    expect(ctx.held.bytes).toBeGreaterThanOrEqual(60_000);
    body.read(59_899);
    expect(ctx.held.bytes).toBeGreaterThanOrEqual(60_000);
    body.read(1);
    expect(ctx.held.bytes).toBe(0);
  });

  test('is what each of two clones has written, of which the other sees nothing', () => {
    const { ctx } = new Things();
    const writes = fc.array(fc.tuple(fc.nat(9), fc.nat(3), nameArb, fc.nat(20)), { maxLength: 30 });
    fc.assert(
      fc.property(writes, (steps) => {
        const all = [Fields.create(ctx)];
        const models: [string, number][][] = [[]];
        for (const [at, what, name, length] of steps) {
          const index = at % all.length;
          const [fields, model] = [all[index] as Fields, models[index] as [string, number][]];
          if (what === 0) {
            all.push(fields.clone());
            models.push([...model]);
          } else if (what === 1) {
            fields.delete(name);
            models[index] = model.filter(([key]) => key !== name);
          } else {
            fields.append(name, new Uint8Array(length).fill(97));
            model.push([name, length]);
          }
          const seen = all.map(({ entries }) => entries.map(([key, value]) => [key, value.length]));
          expect(seen).toEqual(models);
        }
        for (const fields of all) fields[Symbol.dispose]();
        expect(ctx.held.bytes).toBe(0);
      }),
    );
  });

  test('has a limit, beyond which its guest traps', () => {
    const held = new HeldBytes(100);
    held.take(100);
    expect(() => held.take(1)).toThrow(LimitExceeded);
    expect(held.tryTake(1)).toBe(false);
    held.giveBack(1);
    expect(held.tryTake(1)).toBe(true);
    expect(held.bytes).toBe(100);
  });

  test('is nothing more once it is over', () => {
    const held = new HeldBytes(100);
    held.take(10);
    held[Symbol.dispose]();
    held.giveBack(10);
    expect(held.bytes).toBe(0);
    expect(held.tryTake(1)).toBe(false);
    expect(() => held.take(1)).toThrow(/the request is over/);
  });

  test('makes a body that is being sent wait for the wire sooner when it is much, and one that is not sent trap at the limit', () => {
    const limits = { ...DEFAULT_LIMITS, maxHeldBytes: 1_000_000 };
    const ctx = new WasiCtx({ limits });
    const [sent, unsent] = [bodyOf(ctx), bodyOf(ctx)];
    sent.next();
    expect(sent.budget()).toBe(limits.maxWriteBytes);
    unsent.write(new Uint8Array(600_000));
    expect(unsent.budget()).toBe(limits.maxWriteBytes);
    expect(sent.budget()).toBe(64 * 1024);
    sent.write(new Uint8Array(1000));
    expect(sent.budget()).toBe(0);
    sent.next();
    expect(sent.budget()).toBe(64 * 1024);
    expect(() => unsent.write(new Uint8Array(600_000))).toThrow(LimitExceeded);
    unsent.leave();
    expect(sent.budget()).toBe(limits.maxWriteBytes);
  });
});

describe('what all requests hold', () => {
  const MAX_BYTES = 2_000_000;

  test('is never more than the total: the one that holds most ends, and no other', () => {
    const takes = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: -300_000, max: 300_000 })), { maxLength: 100 });
    fc.assert(
      fc.property(takes, (steps) => {
        const total = new HeldTotal({ maxBytes: MAX_BYTES });
        const requests = Array.from({ length: 10 }, () => new WasiCtx({ held: new HeldBytes(MAX_BYTES, total) }));
        for (const [at, bytes] of steps) {
          const { held, cancellation } = requests[at] as WasiCtx;
          const before = requests.map((request) => request.held.bytes);
          if (bytes <= 0) held.giveBack(Math.min(-bytes, held.bytes));
          else if (cancellation.trap === undefined) takeOf(held, bytes);
          const ended = requests.flatMap((request, index) =>
            request.cancellation.trap !== undefined && (before[index] ?? 0) > 0 && request.held.bytes === 0
              ? [index]
              : [],
          );
          const left = Math.max(...requests.map((request) => request.held.bytes), 0);
          const mine = (before[at] ?? 0) + Math.max(bytes, 0);
          for (const index of ended)
            expect(index === at ? mine : before[index]).toBeGreaterThanOrEqual(Math.min(left, mine));
          expect(total.sum).toBeLessThanOrEqual(MAX_BYTES);
          expect(total.sum).toBe(sum(requests, (request) => request.held.bytes));
        }
        for (const request of requests) request[Symbol.dispose]();
        expect(total.sum).toBe(0);
      }),
    );
  });

  test('has a request begin only while there is room, for which one that holds more than its share ends', () => {
    const short: string[] = [];
    const total = new HeldTotal({ maxBytes: MAX_BYTES, onShort: () => void short.push('short') });
    const large = new WasiCtx({ held: new HeldBytes(MAX_BYTES, total) });
    expect(total.mayBegin()).toBe(true);
    large.held.take(MAX_BYTES);
    expect(total.mayBegin()).toBe(true);
    expect(large.cancellation.trap).toMatchObject({ reason: 'evicted' });
    expect(total.sum).toBe(0);
    const small = Array.from({ length: 70 }, () => new HeldBytes(MAX_BYTES, total));
    for (const held of small) held.take(28_000);
    expect(total.mayBegin()).toBe(false);
    expect(short.length).toBe(2);
    for (const held of small) held[Symbol.dispose]();
    expect(total.mayBegin()).toBe(true);
  });

  test('ends the one that asks when the heap is full', () => {
    let isFull = false;
    const total = new HeldTotal({ maxBytes: 1e9, isHeapFull: () => isFull });
    const ctx = new WasiCtx({ held: new HeldBytes(1e9, total) });
    ctx.held.take(2_000_000);
    isFull = true;
    expect(() => ctx.held.take(2_000_000)).toThrow(Cancelled);
    expect(ctx.cancellation.trap).toMatchObject({ reason: 'overloaded' });
    expect(total.sum).toBe(0);
  });
});

function takeOf(held: HeldBytes, bytes: number): void {
  try {
    held.take(bytes);
  } catch (error) {
    if (!(error instanceof LimitExceeded || error instanceof Cancelled)) throw error;
  }
}

function bodyOf(ctx: WasiCtx): OutgoingBytes {
  const response = new OutgoingResponse(Fields.create(ctx));
  response.body(ctx);
  return response.bytes as OutgoingBytes;
}

function sizeOf(fields: Fields): number {
  return sum(fields.entries, ([name, value]) => name.length + value.length);
}

function sum<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((total, item) => total + size(item), 0);
}

function any<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(items.length, 1)];
}

function take<T>(items: T[], at: number): T | undefined {
  return items.length === 0 ? undefined : items.splice(at % items.length, 1)[0];
}
