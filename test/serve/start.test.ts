import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answering, answer, ways } from '../harness/matrix.ts';

describe.each(ways)('$engine $isolation $exchange: a guest whose start asks the host', (way) => {
  let guest: Answering;
  beforeAll(async () => (guest = await answer(way, 'start')));
  afterAll(() => guest[Symbol.asyncDispose]());

  /** What each of `count` requests found, `concurrent`ly or one after the other. */
  async function ask(count: number, concurrently: boolean): Promise<Map<string, string>[]> {
    const found: Map<string, string>[] = [];
    const one = async (): Promise<number> => found.push(toFacts(await (await guest.send('/')).text()));
    if (concurrently) await Promise.all(Array.from({ length: count }, one));
    else for (let asked = 0; asked < count; asked += 1) await one();
    return found;
  }

  test.each([false, true])('has started once for each request (concurrent: %s)', async (concurrently) => {
    for (const facts of await ask(20, concurrently)) {
      expect([facts.get('starts'), facts.get('visits')]).toEqual(['1', '1']);
    }
  });

  test.runIf(way.isolation !== 'reset')('each start asks anew, for the request that it is for', async () => {
    const found = await ask(20, true);
    expect(new Set(found.map((facts) => facts.get('seed'))).size).toBe(20);
    expect(new Set(found.map((facts) => facts.get('id'))).size).toBe(20);
  });

  test.runIf(way.isolation === 'reset')(
    'a start that is shared, as asked, asks once for each kept instance',
    async () => {
      const found = await ask(20, false);
      expect(new Set(found.map((facts) => facts.get('seed'))).size).toBe(1);
    },
  );
});

/** Shape: a line `name: value` for each. */
function toFacts(text: string): Map<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  );
}
