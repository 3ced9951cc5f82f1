import { describe, expect, test } from 'vitest';
import { type Handler, createHost } from '../../src/index.ts';
import { guest } from '../harness/guests.ts';
import { until } from '../harness/until.ts';
import { noticesOf, observe } from '../harness/serve-guest.ts';

const hello = await guest('hello');
const ANY_PORT = { hostname: '127.0.0.1', port: 0 } as const;

const answer: Handler['answer'] = ({ reply }) =>
  reply.whole({ status: 200, fields: [], framing: { by: 'length', byteLength: 0 } }, new Uint8Array(0));

function failing(): never {
  throw new Error('mine');
}

describe('while a port is being opened', () => {
  test('middleware that is added guards it', async () => {
    await using host = createHost(hello);
    const opening = host.listen(ANY_PORT);
    host.app.use('*', async (c) => c.text('not you', 401));
    const { address } = await opening;
    expect((await fetch(`http://127.0.0.1:${address.port}/`)).status).toBe(401);
  });

  test('a handler that is mounted answers there', async () => {
    await using host = createHost(hello);
    const opening = host.listen(ANY_PORT);
    host.mount('/mine', { answer });
    const { address } = await opening;
    expect(await (await fetch(`http://127.0.0.1:${address.port}/mine`)).text()).toBe('');
  });

  test('a host that is closed meanwhile closes it', async () => {
    const host = createHost(hello);
    const opening = host.listen(ANY_PORT);
    await Promise.all([expect(opening).rejects.toMatchObject({ code: 'stopped' }), host.close()]);
    await until(() => !process.getActiveResourcesInfo().includes('TCPServerWrap'));
  });
});

describe('a close', () => {
  test('happens once, however often it is asked for', async () => {
    const calls: string[] = [];
    const host = createHost();
    host.mount('/', {
      answer,
      drain: async () => calls.push('drain') - 1,
      [Symbol.asyncDispose]: async () => void calls.push('dispose'),
    });
    await Promise.all([host.close(), host.close()]);
    await host[Symbol.asyncDispose]();
    expect(calls).toEqual(['drain', 'dispose']);
  });

  test('goes on to its end, whatever a handler throws', async () => {
    const { observed, log } = observe({});
    const host = createHost({}, log);
    host.mount('/', { label: 'bad', answer, listening: failing, drain: failing, [Symbol.asyncDispose]: failing });
    const { address } = await host.listen(ANY_PORT);
    expect(await host.close()).toBe(0);
    await expect(fetch(`http://127.0.0.1:${address.port}/`)).rejects.toThrow();
    expect(noticesOf(observed)).toEqual(
      ['listening', 'drain', 'asyncDispose'].map((what) => `${what} of bad failed: mine`),
    );
  });

  test.each([Infinity, Number.NaN, -1])('does not take %d for a time', async (timeoutMs) => {
    await using host = createHost();
    await expect(host.close(timeoutMs)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('drainTimeoutMs') as string,
    });
  });
});
