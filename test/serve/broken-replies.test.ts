import { describe, expect, test } from 'vitest';
import { answer, nodeWays, ways } from '../harness/matrix.ts';
import { ConnectionEnded, connectRaw, rawGet } from '../harness/raw-client.ts';
import { failuresOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';

const NEVER_SET = 'guest never invoked `response-outparam::set` method';

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test.each([
    { name: 'never-set', path: '/' },
    { name: 'drop-outparam', path: '/' },
    { name: 'trap-before', path: '/' },
    { name: 'exit', path: '/' },
    { name: 'exit', path: '/?ok' },
  ])('$name $path is status 500', async ({ name, path }) => {
    await using guest = await answer(way, name);
    const response = await guest.send(path);
    expect(response.status).toBe(500);
    expect(failuresOf(guest)).toEqual([expect.stringContaining(NEVER_SET)]);
  });

  test.each([
    { name: 'trap-before', path: '/', trap: /^guest never invoked .*: the guest trapped: .*unreachable/ },
    { name: 'exit', path: '/', trap: /: the guest trapped: the guest called exit\(err\)$/ },
    { name: 'exit', path: '/?ok', trap: /: the guest trapped: the guest called exit\(ok\)$/ },
    { name: 'poll', path: '/?case=empty', trap: /: the guest trapped: .*poll: the list of pollables is empty$/ },
  ])('$name $path: the log has the trap', async ({ name, path, trap }) => {
    await using guest = await answer(way, name);
    await guest.send(path);
    await guest.events.until((event) => event.at === 'request-failed' && trap.test(event.message));
  });

  test("the log has the guest's own frames", async () => {
    await using guest = await answer(way, 'trap-before');
    await guest.send('/');
    const event = await guest.events.until((e) => e.at === 'request-failed' && e.trace !== undefined);
    expect(event).toMatchObject({ trace: expect.stringMatching(/wasm-function\[\d+\]/) });
  });

  test.each([
    { name: 'trap-after', path: '/?ms=0', reason: /^the reply was broken off: .*unreachable/ },
    { name: 'trap-after', path: '/?ms=20', reason: /^the reply was broken off: .*unreachable/ },
    { name: 'drop-body', path: '/', reason: /dropped its outgoing-body without finish$/ },
    { name: 'streams', path: '/?trap=over-budget', reason: /a write of \d+ bytes, but check-write permits \d+$/ },
    { name: 'streams', path: '/?trap=child', reason: /output-stream dropped while 1 of its children live$/ },
    { name: 'streams', path: '/?trap=finish', reason: /while 1 of its children live$/ },
  ])('$name $path never looks complete', async ({ name, path, reason }) => {
    await using guest = await answer(way, name);
    await expect(guest.send(path).then((response) => response.text())).rejects.toThrow();
    expect((await untilAnswered(guest)).end).toBe('aborted');
    expect(failuresOf(guest)[0]).toMatch(reason);
    expect(guest.events.all).toContainEqual(expect.objectContaining({ at: 'request-failed', blame: 'guest' }));
  });

  test('a body that the guest leaves open when it returns ends cleanly', async () => {
    await using guest = await answer(way, 'leave-body');
    const response = await guest.send('/');
    expect(await response.text()).toBe('all there is\n');
    expect((await untilAnswered(guest)).end).toBe('complete');
  });

  test('a trap leaves the next request unharmed', async () => {
    await using guest = await answer(way, 'streams');
    await guest
      .send('/?trap=child')
      .then((response) => response.text())
      .catch(() => undefined);
    const response = await guest.send('/', { method: 'POST', body: 'x'.repeat(64) });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('---');
  });

  test('a guest beyond its deadline is status 504', async () => {
    await using guest = await answer(way, 'sleep', { timeoutMs: 20 });
    const response = await guest.send('/?ms=60000');
    expect(response.status).toBe(504);
    expect(failuresOf(guest)[0]).toBe('guest timed out');
  });

  test('a deadline in the middle of the body never looks complete', async () => {
    await using guest = await answer(way, 'slow-body', { timeoutMs: 50 });
    await expect(guest.send('/?chunks=2&ms=60000').then((response) => response.text())).rejects.toThrow();
    expect((await untilAnswered(guest)).end).toBe('aborted');
  });
});

describe.each(nodeWays)('on the wire, $engine $isolation', (way) => {
  /** What came before the reset: nothing at all if the reply broke off before its head was on the wire. */
  async function bodyBeforeReset(name: string, path: string): Promise<string> {
    await using served = await serveGuest(name, {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(path));
    try {
      const { body, ending } = await client.readReply();
      expect(ending).toBe('reset');
      return body;
    } catch (error) {
      expect(error).toBeInstanceOf(ConnectionEnded);
      expect((error as ConnectionEnded).ending).toBe('reset');
      return '';
    }
  }

  test('a trap after a part of the body resets the connection', async () => {
    expect(await bodyBeforeReset('trap-after', '/?ms=20')).toBe('partial\n');
  });

  test.each([
    { name: 'drop-body', path: '/', written: 'partial\n' },
    { name: 'content-length', path: '/?declared=5&written=3', written: 'xxx' },
    { name: 'content-length', path: '/?declared=100000&written=99999', written: 'x'.repeat(99_999) },
  ])('$name $path resets the connection', async ({ name, path, written }) => {
    expect(written).toContain(await bodyBeforeReset(name, path));
  });

  test('a body beyond its content-length is refused before any of the excess is sent', async () => {
    expect(await bodyBeforeReset('content-length', '/?declared=5&written=8')).toBe('');
  });
});
