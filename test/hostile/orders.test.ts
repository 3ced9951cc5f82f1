import { describe, expect, test } from 'vitest';
import { LOAD_WAYS } from '../harness/guests.ts';
import { rawGet } from '../harness/raw-client.ts';
import { failuresOf } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';
import { startAttacker, strike } from './run-attack.ts';

const ATTACK = { file: 'orders', name: 'drop-in-order', outcome: 200 } as const;

/** All orders of some letters. */
function permute(text: string): string[] {
  if (text === '') return [''];
  return text.split('').flatMap((letter) => permute(text.replace(letter, '')).map((rest) => letter + rest));
}

/** Digits are what `orders.wat` drops. */
const PARTS = [
  {
    what: 'a request, its body, the stream of that and its pollable',
    digits: '0123',
    childrenFirst: /3.*2.*1/,
    // The reply is as whole as it will be when the guest returns.
    last: undefined,
  },
  {
    what: 'the body of a reply, its stream and its pollable',
    digits: '456',
    childrenFirst: /654/,
    last: /the guest dropped its outgoing-body without finish/,
  },
];

describe.each(LOAD_WAYS)('$engine $isolation', (way) => {
  test.each(PARTS)('$what are dropped in each order: parents before children trap', async (part) => {
    await using attacker = await startAttacker(ATTACK, { way });
    const { served } = attacker;
    for (const order of permute(part.digits)) {
      const before = failuresOf(served).length;
      const outcome = await strike({ origin: served.origin, request: rawGet(`/${order}`) });
      await until(() => served.host.inFlight === 0);
      const expected = part.childrenFirst.test(order) ? part.last : /dropped while 1 of its children live/;
      expect({ order, outcome }).toEqual({ order, outcome: expected === undefined ? 200 : 'reset' });
      if (expected !== undefined) expect(failuresOf(served).slice(before).join('\n')).toMatch(expected);
    }
  });
});
