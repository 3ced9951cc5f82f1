import { describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { answer, nodeWays } from '../harness/matrix.ts';
import { failuresOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { MISSING_KINDS, STORE_KINDS, makePlace } from '../state/stores.ts';

/** What the guest finds, in every store. */
const FACTS = [
  'x',
];

test.skip.each(MISSING_KINDS)('a store of %s: it is not installed here', () => undefined);

describe.each(nodeWays)('$engine $isolation', (way) => {
  test.each(STORE_KINDS)('all functions do with a store of %s what they do with any', async (kind) => {
    await using place = await makePlace(kind);
    await using guest = await answer(way, 'key-value', { keyValue: { default: place.spec } });
    expect(await readFacts(await guest.send('/facts'))).toEqual(FACTS);
    expect(failuresOf(guest)).toEqual([]);
  });
});
