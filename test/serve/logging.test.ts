import { describe, expect, test } from 'vitest';
import type { LoggedMessage } from '../../src/config/options.ts';
import { answer, ways } from '../harness/matrix.ts';
import { linesOf } from '../harness/serve-guest.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

/** A query with these texts. */
function toQuery(texts: Readonly<Record<string, string>>): string {
  return `/?${new URLSearchParams(texts)}`;
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  describe('what a guest logs', () => {
    test('are lines of its stderr, each with its level and context', async () => {
      await using guest = await answer(way, 'logging');
      expect(await (await guest.send(toQuery({ context: 'cart', message: 'added' }))).text()).toBe('logged\n');
      expect(linesOf(guest, 'stderr')).toEqual(LEVELS.map((level) => `stderr [0] :: ${level} cart: added`));
      expect(linesOf(guest, 'stdout')).toEqual([]);
    });

    test.each([
      [{ message: 'plain' }, ['warn: plain']],
      [{ context: 'c', message: '' }, ['warn c: ']],
      [{ context: 'c', message: 'one\ntwo\n' }, ['warn c: one', '  two', '  ']],
      [{ context: 'a\nerror b', message: 'm' }, [String.raw`warn a\x0aerror b: m`]],
      [{ context: '\u{1b}[31m', message: '\u{1b}]0;x\u{7}\r' }, [String.raw`warn \x1b[31m: \x1b]0;x\x07\x0d`]],
      [{ message: '\u{1f600} \u{e9}' }, ['warn: \u{1f600} \u{e9}']],
    ])('cannot pass for something else: %j', async (texts, lines) => {
      await using guest = await answer(way, 'logging', { loggingPrefix: 'hidden' });
      await guest.send(toQuery({ level: 'warn', ...texts }));
      expect(linesOf(guest, 'stderr')).toEqual(lines);
    });

    test('is bounded with its other output, and the operator is told once', async () => {
      await using guest = await answer(way, 'logging', { limits: { maxOutputBytes: 100 } });
      await guest.send(toQuery({ level: 'info', message: 'twenty bytes', times: '1000' }));
      const lines = linesOf(guest, 'stderr');
      expect(lines.filter((line) => line.endsWith('info: twenty bytes'))).toHaveLength(5);
      expect(lines.at(-1)).toBe('stderr [0] :: [output beyond 100 bytes of one request is dropped]');
      const told = guest.events.all.flatMap((event) => (event.at === 'notice' ? [event.message] : []));
      expect(told.filter((message) => message.startsWith('dropped: output beyond 100 bytes'))).toHaveLength(1);
    });

    test('goes to a function of the embedder instead', async () => {
      const messages: LoggedMessage[] = [];
      const logGuestMessage = (message: LoggedMessage): void => void messages.push(message);
      await using guest = await answer(way, 'logging', { logGuestMessage });
      await guest.send(toQuery({ level: 'error', context: 'c', message: 'one\ntwo' }));
      await guest.send(toQuery({ level: 'trace' }));
      expect(messages).toEqual([
        { level: 'error', context: 'c', message: 'one\ntwo', instance: 0 },
        { level: 'trace', context: '', message: '', instance: 1 },
      ]);
      expect(linesOf(guest, 'stderr')).toEqual([]);
    });

    test('is bounded there as well', async () => {
      const messages: LoggedMessage[] = [];
      const logGuestMessage = (message: LoggedMessage): void => void messages.push(message);
      await using guest = await answer(way, 'logging', { logGuestMessage, limits: { maxOutputBytes: 100 } });
      await guest.send(toQuery({ level: 'info', message: 'twenty bytes', times: '1000' }));
      expect(messages).toHaveLength(5);
    });
  });
});

test('a long message is cut, and says so', async () => {
  const [way] = ways;
  if (way === undefined) throw new Error('there is no way');
  await using guest = await answer(way, 'logging', {
    loggingPrefix: 'hidden',
    maxTargetBytes: 64 * 1024,
    maxHeadBytes: 64 * 1024,
  });
  const response = await guest.send(toQuery({ level: 'info', context: 'c'.repeat(2000), message: 'm'.repeat(20_000) }));
  expect(response.status).toBe(200);
  expect(linesOf(guest, 'stderr')).toEqual([`info ${'c'.repeat(1024)} [976 more]: ${'m'.repeat(16_384)} [3616 more]`]);
});
