import { describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { answer, ways } from '../harness/matrix.ts';
import { linesOf } from '../harness/serve-guest.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';

/** The lines `name: value` of a guest's report. */
async function readReport(response: Response): Promise<Record<string, string>> {
  const lines = (await response.text()).trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  describe('what a guest prints', () => {
    test('is passed on line by line with its prefix, escapes made harmless, the unfinished line last', async () => {
      await using guest = await answer(way, 'print');
      expect(await (await guest.send('/')).text()).toBe('printed\n');
      await guest.output.until(({ line }) => line.endsWith('no newline'));
      expect(linesOf(guest, 'stdout')).toEqual([
        'stdout [0] :: out one',
        'stdout [0] :: out two',
        'stdout [0] :: out three',
        String.raw`stdout [0] :: \x1b[31mred\x1b[0m`,
        'stdout [0] :: no newline',
      ]);
    });

    test('on stderr is distinguished', async () => {
      await using guest = await answer(way, 'print');
      await guest.send('/');
      await guest.output.until(({ line }) => line.endsWith('no newline'));
      expect(linesOf(guest, 'stderr')).toEqual(['stderr [0] :: err one', 'stderr [0] :: err two']);
    });

    test('has no prefix if the operator turns it off', async () => {
      await using guest = await answer(way, 'print', { loggingPrefix: 'hidden' });
      await guest.send('/');
      await guest.output.until(({ line }) => line.endsWith('no newline'));
      expect(linesOf(guest, 'stdout')).toContain('out one');
    });

    test('carries the ordinal of its request', async () => {
      await using guest = await answer(way, 'print');
      for (let ordinal = 0; ordinal < 3; ordinal += 1) await guest.send('/');
      await guest.output.until(({ line }) => line === 'stdout [2] :: no newline');
      expect(linesOf(guest, 'stdout').filter((line) => line.startsWith('stdout [1] :: '))).toHaveLength(5);
    });
  });

  describe('what a guest is given', () => {
    test('is nothing but its ordinal', async () => {
      await using guest = await answer(way, 'env');
      const response = await guest.send('/');
      expect(await response.text()).toBe('INSTANCE_ID=0\ncwd: none\nstdin: closed\nterminal-stdout: none\n');
    });

    test("are the operator's variables", async () => {
      await using guest = await answer(way, 'env', { env: { ONE: '1', EMPTY: '', ODD: 'a=b \u{e9}' } });
      const response = await guest.send('/');
      expect(await response.text()).toContain('INSTANCE_ID=0\nONE=1\nEMPTY=\nODD=a=b \u{e9}\n');
    });

    test('is an ordinal of its own for each request', async () => {
      await using guest = await answer(way, 'env');
      await (await guest.send('/')).text();
      const response = await guest.send('/');
      expect(await response.text()).toContain('INSTANCE_ID=1\n');
    });

    test.each([
      'preopens -> 0',
      'read /etc/passwd -> NotFound',
      'read . -> NotFound',
      'write /tmp/x -> NotFound',
      'tcp create -> access-denied',
      'tcp connect -> access-denied',
      'udp create -> access-denied',
      'name lookup -> permanent-resolver-failure',
    ])('is neither a file nor a socket: %s', async (fact) => {
      await using guest = await answer(way, 'denied');
      expect(await readFacts(await guest.send('/'))).toContain(fact);
    });

    test.each([1, 16, 64])('is memory: %i MiB', async (mib) => {
      await using guest = await answer(way, 'memory');
      const response = await guest.send(`/?mib=${mib}`);
      expect(await response.text()).toBe(`${mib * 256}\n`);
    });
  });

  describe('clocks', () => {
    test('tell the time of the host', async () => {
      await using guest = await answer(way, 'clocks');
      const before = Date.now();
      const report = await readReport(await guest.send('/'));
      const now = Number(report['wall-now']) * 1000;
      expect(now).toBeGreaterThanOrEqual(before - 1);
      expect(now).toBeLessThanOrEqual(Date.now() + 1);
    });

    test.each([
      ['monotonic-order', 'true'],
      ['instant-now-ready', 'true'],
      ['instant-zero-ready', 'true'],
      ['instant-zero-polled', '[1]'],
      ['duration-hour-ready', 'false'],
    ])('%s is %s', async (name, value) => {
      await using guest = await answer(way, 'clocks');
      expect((await readReport(await guest.send('/')))[name]).toBe(value);
    });
  });

  describe('random', () => {
    test.each([0, 1, 65_537, 1024 * 1024])('gives %i bytes', async (len) => {
      await using guest = await answer(way, 'random');
      const response = await guest.send(`/?len=${len}`);
      expect(await response.text()).toBe(`${len}\n`);
    });

    test('beyond the limit traps', async () => {
      await using guest = await answer(way, 'random');
      const response = await guest.send(`/?len=${DEFAULT_LIMITS.maxRandomBytes + 1}`);
      expect(response.status).toBe(500);
    });

    test('differs from request to request, in every source', async () => {
      await using guest = await answer(way, 'random');
      const [one, two] = [await readReport(await guest.send('/')), await readReport(await guest.send('/'))];
      const same = Object.keys(one).filter((name) => one[name] === two[name]);
      expect(Object.keys(one)).toHaveLength(5);
      expect(same).toEqual([]);
    });
  });

  describe('isolation', () => {
    test('a request after another finds no trace of it', async () => {
      await using guest = await answer(way, 'counter');
      const texts: string[] = [];
      for (let count = 0; count < 20; count += 1) texts.push(await (await guest.send('/')).text());
      expect(new Set(texts)).toEqual(new Set(['1 clean\n']));
    });

    test('64 concurrent requests find no trace of each other', async () => {
      await using guest = await answer(way, 'counter');
      const responses = await Promise.all(Array.from({ length: 64 }, () => guest.send('/')));
      const texts = await Promise.all(responses.map((response) => response.text()));
      expect(new Set(texts)).toEqual(new Set(['1 clean\n']));
    });
  });
});
