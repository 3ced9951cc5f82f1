import { expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { HostError } from '../../src/util/host-error.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText, noCtx } from './poker.ts';

const TYPE = '(param i32) (result i32)';
const WAYS = ['direct', 'tail', 'by-table', 'referred', 'exported', 'after-waiting', 'waiting-by-table'] as const;

/** A module that calls the host in each way that there is. What it refers to, `again` and `wait-too`, keeps its type. */
const COMPONENT = `(component
  (import "test:who/host@0.1.0" (instance $host
    (export "who" (func (param "x" u32) (result u32)))
    (export "wait" (func (param "x" u32) (result u32)))))
  (core func $who (canon lower (func $host "who")))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (type $t (func ${TYPE}))
    (import "host" "who" (func $who ${TYPE}))
    (import "host" "again" (func $again ${TYPE}))
    (import "host" "wait" (func $wait ${TYPE}))
    (import "host" "wait-too" (func $wait-too ${TYPE}))
    (memory (export "memory") 1)
    (table funcref (elem $again $wait-too))
    (export "exported" (func $again))
    (func (export "direct") ${TYPE} (call $who (local.get 0)))
    (func (export "tail") ${TYPE} (return_call $who (local.get 0)))
    (func (export "by-table") ${TYPE} (call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (export "referred") ${TYPE} (call $again (local.get 0)))
    (func (export "after-waiting") ${TYPE} (drop (call $wait (local.get 0))) (call $who (local.get 0)))
    (func (export "waiting-by-table") ${TYPE}
      (drop (call_indirect (type $t) (local.get 0) (i32.const 1))) (call $again (local.get 0))))
  (core instance $i (instantiate $m (with "host" (instance
    (export "who" (func $who)) (export "again" (func $who)) (export "wait" (func $wait)) (export "wait-too" (func $wait))))))
  ${WAYS.map((way) => `(func $${way} (param "x" u32) (result u32) (canon lift (core func $i "${way}")))`).join('\n')}
  (instance $api ${WAYS.map((way) => `(export "${way}" (func $${way}))`).join(' ')})
  (export "test:who/guest" (instance $api)))`;

test.each(WAYS)('every instance calls the host in its own name: %s', async (way) => {
  const names = new Map<WasiCtx, number>();
  const wakers: (() => void)[] = [];
  const host = {
    name: 'test:who/host',
    version: '0.1.0',
    resources: {},
    mayWait: ['wait'],
    funcs: {
      who: (ctx: WasiCtx, x: number) => x + (names.get(ctx) ?? NaN),
      wait: () => new Promise<number>((resolve) => wakers.push(() => resolve(0))),
    },
  } as unknown as HostInterface<WasiCtx>;
  const pre = await linkText(COMPONENT, [host]);
  const instances = [1000, 2000, 3000].map((name) => {
    const ctx = noCtx();
    names.set(ctx, name);
    return { instance: pre.instantiate(ctx), ctx };
  });
  const answers = instances.map(({ instance, ctx }) => instance.call(ctx, 'test:who/guest', way, [7]));
  for (const wake of wakers.toReversed()) wake();
  expect(await Promise.all(answers)).toEqual([1007, 2007, 3007]);
});

test('host functions get the context of the call, whichever the instance was started by or called for before', async () => {
  const asked: unknown[] = [];
  const host = {
    name: 'test:who/host',
    version: '0.1.0',
    resources: {},
    mayWait: ['wait'],
    funcs: { who: (ctx: WasiCtx) => asked.push(ctx), wait: () => 0 },
  } as unknown as HostInterface<WasiCtx>;
  const [one, other] = [noCtx(), noCtx()];
  const instance = (await linkText(COMPONENT, [host])).instantiate(noCtx());
  for (const way of ['direct', 'by-table'] as const) {
    await instance.call(one, 'test:who/guest', way, [0]);
    await instance.call(other, 'test:who/guest', way, [0]);
  }
  expect(asked).toEqual([one, other, one, other]);
});

test('what the rewriter exports is out of the reach of other modules', async () => {
  const component = `(component
    (core module $one (memory (export "memory") 1) (func (export "f") (i32.store (i32.const 0) (i32.const 1))))
    (core instance $one (instantiate $one))
    (core module $other (import "one" "wasi-serve:cards" (global (mut i32))))
    (core instance (instantiate $other (with "one" (instance $one)))))`;
  await expect(linkText(component, [])).rejects.toThrow(HostError);
});
