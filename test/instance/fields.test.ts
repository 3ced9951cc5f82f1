import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createRecyclingStrategy } from '../../src/instance/fresh.ts';
import { Lease } from '../../src/instance/pool.ts';
import { createResetStrategy } from '../../src/instance/reset.ts';
import { createRestartStrategy } from '../../src/instance/restart.ts';
import type { InstanceStrategy } from '../../src/instance/strategy.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import { type Preemption, DECISION, type Decision } from '../../src/linker/preemption.ts';
import { ResourceHandle } from '../../src/abi/handle-table.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { ALL_ACTS, FATAL_ACTS, HARMLESS_ACTS, linkActor, toProgram } from './actor.ts';
import { Fields } from './fields.ts';
import { noCtx } from './poker.ts';

type Instance = LinkedInstance<WasiCtx>;

const pre = await linkActor();

/** What an instance makes when it is first needed, and never changes then. */
const MADE_WHEN_NEEDED: ReadonlySet<string> = new Set([
  'LiftedCalls.#called',
  'LiftedCalls.#between',
  'LiftedCalls.#destructors',
  'CoreInstances.#bound',
  'CoreInstances.#state',
]);

/** What all instances have. */
const shared = reachFromBoth(pre.instantiate(noCtx()), pre.instantiate(noCtx()));

const fields = new Fields((object, field) => {
  if (shared.has(object)) return 'shared';
  if (MADE_WHEN_NEEDED.has(field)) return 'made when needed';
  if (field === 'ComponentInstance.#scratch') return 'bytes in which bits are read as another type';
  if (field === 'HandleTable.#entries')
    return `${(object as unknown[]).filter((entry) => !isFree(entry)).length} handles`;
  if (object instanceof WasiCtx) return 'a context';
  if (object instanceof WebAssembly.Memory) return contentOf(object);
  if (ArrayBuffer.isView(object)) return `a view of a memory from ${object.byteOffset} on`;
  return undefined;
});
afterAll(() => fields[Symbol.dispose]());

function reachFromBoth(one: object, other: object): ReadonlySet<object> {
  using all = new Fields((object) => (object instanceof WasiCtx || ArrayBuffer.isView(object) ? 'a leaf' : undefined));
  return all.reach(one).intersection(all.reach(other));
}

/** An entry of a table stays for the next handle. */
function isFree(entry: unknown): boolean {
  return entry === undefined || isDeepStrictEqual(entry, new ResourceHandle()) || Object.isFrozen(entry);
}

const PAGE_BYTES = 65_536;
const ZEROS = new Uint8Array(PAGE_BYTES);

/** Without trailing pages of zeros: no guest may see how much memory really exists. */
function contentOf({ buffer }: WebAssembly.Memory): string {
  let end = buffer.byteLength;
  while (end > 0 && Buffer.compare(new Uint8Array(buffer, end - PAGE_BYTES, PAGE_BYTES), ZEROS) === 0)
    end -= PAGE_BYTES;
  return hash('sha256', new Uint8Array(buffer, 0, end));
}

/** Every field that an instance has, of all that belongs to it alone. */
function everythingOf(instance: Instance): unknown {
  for (const { memory } of instance.contexts) {
    memory.refresh();
    void memory.text;
  }
  for (const inst of instance.componentInstances) void [inst.handles, inst.scratch];
  const { core } = instance;
  const all = fields.list(instance);
  for (const made of MADE_WHEN_NEEDED) {
    const name = made.slice(made.indexOf('.'));
    for (const part of ['.#calls', '.#cores']) delete all[part + name];
  }
  // How much of a memory there really is.
  for (const field of Object.keys(all)) if (field.endsWith('.#slice.pages')) delete all[field];
  return {
    all,
    globals: core.globals.map(({ value }) => (typeof value === 'function' ? value.name : value)),
    reported: core.memories.map(({ reportedPages }) => reportedPages),
  };
}

const run = (instance: Instance, acts: readonly string[]): Promise<unknown> =>
  instance.call(noCtx(), 'test:actor/guest', 'run', [toProgram(acts)]);

const MAKING = ['make a thing', 'make a host object', 'make what it defines itself'] as const;

describe('the actor', () => {
  test.each(HARMLESS_ACTS)('can %s and continue', async (act) => {
    expect(await run(pre.instantiate(noCtx()), [...MAKING, act, 'write globals'])).toBe('\0\0\0\0');
  });

  test.each(FATAL_ACTS)('ends if it does %s', async (act) => {
    const instance = pre.instantiate(noCtx());
    await expect(run(instance, [act])).rejects.toThrow();
    expect(instance.isIdle).toBe(false);
    await expect(run(instance, [])).rejects.toThrow();
  });
});

/** Makes a guest pause whenever it is interrupted and can be suspended, and counts how many run. */
class Pauser implements Preemption<WasiCtx> {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  running = 0;
  pauses = 0;

  constructor() {
    new Int32Array(this.memory.buffer)[0] = 1;
  }

  enter(): void {
    this.running += 1;
  }

  leave(): void {
    this.running -= 1;
  }

  interrupt(): Decision {
    return DECISION.pause;
  }

  async pause(): Promise<Decision> {
    this.pauses += 1;
    await nextTurn();
    return DECISION.goOn;
  }
}

describe('paused at each check', async () => {
  const pauser = new Pauser();
  const paused = await linkActor(pauser);

  test.each(HARMLESS_ACTS)('the actor can %s, and is seen to run and to wait', async (act) => {
    const instance = paused.instantiate(noCtx());
    const running = pauser.running;
    await run(instance, [...MAKING, act, act]);
    expect(pauser.running).toBe(running + 1);
    expect(instance.isIdle).toBe(true);
  });

  test.each(FATAL_ACTS)('the actor ends if it does %s', async (act) => {
    await expect(run(paused.instantiate(noCtx()), [...MAKING, act])).rejects.toThrow();
  });

  test('it was', () => expect(pauser.pauses).toBeGreaterThan(100));
});

const STRATEGIES: readonly (readonly [name: string, create: (given: typeof pre) => InstanceStrategy])[] = [
  ['fresh', createRecyclingStrategy],
  ['restart', createRestartStrategy],
  ['reset', createResetStrategy],
];

/** How a request ends, apart from what its guest does. */
const ENDS = ['properly', 'properly', 'properly', 'cancelled', 'abandoned'] as const;

const program = fc.record({
  acts: fc.array(fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...HARMLESS_ACTS) }, fc.constantFrom(...ALL_ACTS)), {
    maxLength: 25,
  }),
  end: fc.constantFrom(...ENDS),
});

/** Gives an instance to a request, and back. Resolves when its guest has gone on to its end, if it has one. */
async function request(
  strategy: InstanceStrategy,
  acts: readonly string[],
  end: (typeof ENDS)[number],
): Promise<Instance> {
  const ctx = noCtx();
  const lease = new Lease(strategy, strategy.take(ctx), ctx);
  const instance = lease.instance as Instance;
  lease.begin();
  const returned = run(instance, acts).then(
    () => lease.end(),
    () => undefined,
  );
  if (end === 'cancelled') ctx.cancellation.cancel('client-left');
  if (end !== 'abandoned') await returned;
  lease[Symbol.dispose]();
  // A waiting guest continues, as it would next to other requests.
  await returned;
  return instance;
}

/** Whether a request may leave its instance to the next. */
function isLeft(acts: readonly string[], end: (typeof ENDS)[number]): boolean {
  return end === 'properly' && !acts.some((act) => FATAL_ACTS.includes(act));
}

describe.each(STRATEGIES)('%s', (_name, create) => {
  test.each(HARMLESS_ACTS)('%s leaves nothing', async (act) => {
    using strategy = create(pre);
    const fresh = strategy.take(noCtx()) as Instance;
    const was = everythingOf(fresh);
    strategy.giveBack(fresh, 'reusable');
    await request(strategy, [...MAKING, act, act], 'properly');
    const next = strategy.take(noCtx());
    if (next === fresh) expect(everythingOf(fresh)).toEqual(was);
  });

  test(
    'an instance that is kept has nothing in any field that it had not when it was new',
    { timeout: 240_000 },
    async () => {
      using strategy = create(pre);
      const news = new WeakMap<Instance, unknown>();
      let kept = 0;
      await fc.assert(
        fc.asyncProperty(program, async ({ acts, end }) => {
          const fresh = strategy.take(noCtx()) as Instance;
          if (!news.has(fresh)) news.set(fresh, everythingOf(fresh));
          strategy.giveBack(fresh, 'reusable');
          const used = await request(strategy, acts, end);
          expect(used).toBe(fresh);
          const next = strategy.take(noCtx()) as Instance;
          if (next === used) {
            kept += 1;
            expect(isLeft(acts, end)).toBe(true);
            expect(everythingOf(next)).toEqual(news.get(used));
          }
          strategy.giveBack(next, 'reusable');
        }),
        { numRuns: Number(process.env['FC_RUNS'] ?? 100) },
      );
      expect(kept).toBeGreaterThan(0);
    },
  );
});
