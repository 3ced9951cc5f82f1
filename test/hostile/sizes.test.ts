import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Component, createHost, loadComponent } from '../../src/index.ts';
import { LOAD_WAYS, TEST_CACHE } from '../harness/guests.ts';
import { until } from '../harness/until.ts';
import { assembleAttack } from './assemble.ts';

/** What the guest `do-as-told` does beyond the end of its memory. */
const STORES = { store: 's', 'v128.store': 'q', 'atomic.store': 'p', 'atomic.rmw': 'o', fill: 'n', copy: 'm' };
const LOADS = { load: 'k', 'v128.load': 'j', 'atomic.load': 'i' };
const COPY_FROM = { 'copy from': 'l' };

/** What comes before. */
const GROW = 'g';
const GROW_AND_TRAP = 'h';

const TRAPPED = 500;
const FOUND_ZERO = 200;

const bytes = await assembleAttack('sizes', 'do-as-told');

const WAYS = LOAD_WAYS.flatMap((way) => (['on', 'off'] as const).map((preemption) => ({ ...way, preemption })));

describe.each(WAYS)('beyond the end of its memory ($engine $isolation, preemption $preemption)', (way) => {
  let component: Component;
  let used: Asking;
  beforeAll(async () => {
    component = await loadComponent(bytes, { label: 'sizes/do-as-told', cache: TEST_CACHE, ...way });
    used = serve(component);
  });
  afterAll(() => used[Symbol.asyncDispose]());

  test.each(Object.entries({ ...STORES, ...COPY_FROM }))('a %s traps, whatever has grown it', async (_what, letter) => {
    expect(await firstAnswer(component, letter)).toBe(TRAPPED);
    expect(await used.ask(GROW, letter)).toEqual([200, TRAPPED]);
    expect(await used.ask(GROW, GROW, GROW_AND_TRAP, letter)).toEqual([200, 200, TRAPPED, TRAPPED]);
  });

  test.each(Object.entries(LOADS))('a %s does what it does in a first request', async (_what, letter) => {
    const first = await firstAnswer(component, letter);
    expect(first).toBe(way.isolation === 'reset' || way.isolation === 'restart' ? FOUND_ZERO : TRAPPED);
    for (const before of [[GROW], [GROW_AND_TRAP], [GROW, GROW, letter, letter], [letter]]) {
      expect((await used.ask(...before, letter)).at(-1), before.join()).toBe(first);
    }
  });

  test('many concurrent ones do what one does', async () => {
    const letters = [...Object.values(LOADS), ...Object.values(STORES)];
    const first: number[] = [];
    for (const letter of letters) first.push(await firstAnswer(component, letter));
    for (let round = 0; round < 3; round += 1) {
      await used.askTogether(letters.map(() => GROW));
      expect(await used.askTogether(letters)).toEqual(first);
    }
  });
});

interface Asking extends AsyncDisposable {
  /** The statuses of the replies to letters, one at a time: each instance is back before the next is taken. */
  ask(...letters: string[]): Promise<number[]>;
  /** The same for concurrent letters. */
  askTogether(letters: readonly string[]): Promise<number[]>;
}

/** Hosts share no instance. */
function serve(component: Component): Asking {
  const host = createHost(component);
  const askTogether = async (letters: readonly string[]): Promise<number[]> => {
    const answers = letters.map(async (letter) => await host.fetch(new Request(`http://127.0.0.1/${letter}`)));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    await until(() => host.inFlight === 0);
    return statuses;
  };
  return {
    askTogether,
    ask: async (...letters) => {
      const statuses: number[] = [];
      for (const letter of letters) statuses.push(...(await askTogether([letter])));
      return statuses;
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** What a host's first request gets. */
async function firstAnswer(component: Component, letter: string): Promise<number> {
  await using host = serve(component);
  const [status = 0] = await host.ask(letter);
  return status;
}
