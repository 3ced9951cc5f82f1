import { describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';

const configVars = { greeting: 'hello', EMPTY: '', odd: 'a=b \u{e9}' };

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test('a guest finds the values that are set for it, in their order', async () => {
    await using guest = await answer(way, 'config-store', { configVars });
    expect(await (await guest.send('/')).text()).toBe('greeting=hello\nEMPTY=\nodd=a=b \u{e9}\n');
  });

  test.each([
    ['greeting', 'greeting: hello\n'],
    ['EMPTY', 'EMPTY: \n'],
    ['missing', 'missing: none\n'],
    ['toString', 'toString: none\n'],
    ['Greeting', 'Greeting: none\n'],
  ])('or one by its key: %s', async (key, text) => {
    await using guest = await answer(way, 'config-store', { configVars });
    expect(await (await guest.send(`/?key=${key}`)).text()).toBe(text);
  });

  test('or none', async () => {
    await using guest = await answer(way, 'config-store');
    expect(await (await guest.send('/')).text()).toBe('');
  });
});
