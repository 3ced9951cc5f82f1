import { describe, expect, test } from 'vitest';
import { err, ok } from '../../src/util/result.ts';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { Trap } from '../../src/util/trap.ts';
import { createJcoImports } from '../../src/linker/jco/jco-imports.ts';

interface Ctx {
  readonly who: string;
}

class Thing {
  readonly name: string;
  disposed = 0;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.dispose](): void {
    this.disposed += 1;
  }
}

const things = {
  name: 'test:things/things',
  version: '1.0.0',
  resources: { 'big-thing': Thing },
  mayWait: ['wait', 'wait-and-trap'],
  funcs: {
    '[constructor]big-thing': (_ctx: Ctx, name: string) => new Thing(name),
    '[static]big-thing.from-list': (_ctx: Ctx, names: string[]) => names.map((name) => new Thing(name)),
    '[method]big-thing.get-name': (ctx: Ctx, self: Thing) => `${ctx.who}:${self.name}`,
    '[method]big-thing.is-same': (_ctx: Ctx, self: Thing, other: Thing) => self === other,
    nested: () => ok([new Thing('a'), { tag: 'some', val: [1, new Thing('b')] }]),
    names: (_ctx: Ctx, value: { val: Thing[] }) => value.val.map((thing) => thing instanceof Thing && thing.name),
    plain: (_ctx: Ctx, value: unknown) => value,
    fail: () => err({ tag: 'denied' }),
    trap: () => {
      throw new Trap('broken');
    },
    wait: (ctx: Ctx) => Promise.resolve(new Thing(ctx.who)),
    'wait-and-trap': () => Promise.reject(new Trap('broken later')),
  },
} satisfies HostInterface<Ctx>;

/** What jco's glue sees: a class with statics, and functions. */
type Bound = Record<string, (...args: unknown[]) => unknown> & {
  BigThing: { new (name: string): Seen; fromList(names: string[]): Seen[] };
};

interface Seen extends Disposable {
  readonly rep: Thing;
  getName(): string;
  isSame(other: Seen): boolean;
}

const imports = createJcoImports<Ctx>([things]);

function bind(who = 'me'): { bound: Bound; trapped: Promise<never> } {
  const { interfaces, trapped } = imports.bind({ ctx: { who } });
  return { bound: interfaces['test:things/things'] as unknown as Bound, trapped };
}

test('a resource is a class with constructor, methods and statics', () => {
  const { bound } = bind();
  const thing = new bound.BigThing('x');
  expect(thing.getName()).toBe('me:x');
  expect(thing).toBeInstanceOf(bound.BigThing);
  expect(bound.BigThing.fromList(['p', 'q']).map((made) => made.getName())).toEqual(['me:p', 'me:q']);
});

test('a method reaches the context of its own instance', () => {
  const [one, two] = [bind('one').bound, bind('two').bound];
  expect([new one.BigThing('x').getName(), new two.BigThing('x').getName()]).toEqual(['one:x', 'two:x']);
});

test('an argument that is a resource arrives as its rep', () => {
  const { bound } = bind();
  const thing = new bound.BigThing('x');
  expect([thing.isSame(thing), thing.isSame(new bound.BigThing('x'))]).toEqual([true, false]);
});

test('dropping a resource disposes its rep', () => {
  const thing = new (bind().bound.BigThing)('x');
  thing[Symbol.dispose]();
  expect(thing.rep.disposed).toBe(1);
});

test('reps in nested results, variants, lists and tuples come out as resources', () => {
  const { bound } = bind();
  const result = bound['nested']?.() as { tag: string; val: [Seen, { tag: string; val: [number, Seen] }] };
  expect(result.tag).toBe('ok');
  expect(result.val[0].getName()).toBe('me:a');
  expect(result.val[1].tag).toBe('some');
  expect(result.val[1].val[0]).toBe(1);
  expect(result.val[1].val[1].getName()).toBe('me:b');
});

test('resources in nested arguments go in as reps', () => {
  const { bound } = bind();
  const list = bound.BigThing.fromList(['p', 'q']);
  expect(bound['names']?.({ tag: 'ok', val: list })).toEqual(['p', 'q']);
});

test.each([undefined, 0, 7n, '', 'text', true, new Uint8Array([1, 2]), { key: 'value' }, { tag: 'plain' }, [1, [2]]])(
  '%s passes as it is',
  (value) => {
    expect(bind().bound['plain']?.(value)).toEqual(value);
  },
);

test('bytes pass without a copy', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  expect(bind().bound['plain']?.(bytes)).toBe(bytes);
});

test('an error that is returned is returned', () => {
  expect(bind().bound['fail']?.()).toEqual({ tag: 'err', val: { tag: 'denied' } });
});

test('functions get the context of the call that runs; one that waited runs again for its own', async () => {
  const running = { ctx: { who: 'one' } };
  const { BigThing, wait } = imports.bind(running).interfaces['test:things/things'] as unknown as Bound;
  const thing = new BigThing('thing');
  const waiting = wait?.();
  running.ctx = { who: 'other' };
  expect(thing.getName()).toBe('other:thing');
  await waiting;
  expect(thing.getName()).toBe('one:thing');
});

test('a function that waits gives a promise, and resources in it', async () => {
  const thing = (await bind('later').bound['wait']?.()) as Seen;
  expect(thing.getName()).toBe('later:later');
});

describe('what a host function throws', () => {
  test('immediately reaches the guest and ends its instance', async () => {
    const { bound, trapped } = bind();
    expect(() => bound['trap']?.()).toThrow('broken');
    await expect(trapped).rejects.toThrow(Trap);
  });

  test('after a wait ends its instance', async () => {
    const { bound, trapped } = bind();
    await expect(bound['waitAndTrap']?.()).rejects.toThrow('broken later');
    await expect(trapped).rejects.toThrow('broken later');
  });

  test('harms no other instance', async () => {
    const [one, two] = [bind(), bind()];
    expect(() => one.bound['trap']?.()).toThrow();
    const first = await Promise.race([two.trapped, Promise.resolve('well')]);
    expect(first).toBe('well');
  });
});

test('arguments of an export that are reps go in as resources', () => {
  const { toJco } = imports.bind({ ctx: { who: 'me' } });
  expect((toJco(new Thing('x')) as Seen).getName()).toBe('me:x');
});
