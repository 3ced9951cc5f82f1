import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const HELLO = guestPath('hello');

describe.concurrent.each([
  ['alone', []],
  ['with workers', ['--workers', '2']],
])('--idle-process-timeout, %s', (_way, args) => {
  test('ends the process with 0 when its last connection has closed and no other comes', async () => {
    await using serving = await servingOn([
      HELLO,
      '--idle-process-timeout',
      '50ms',
      '--keep-alive-timeout',
      '10m',
      ...args,
    ]);
    const clients = [await connectRaw(serving.origin), await connectRaw(serving.origin)];
    for (const client of clients) {
      await client.send(rawGet('/'));
      expect((await client.readReply()).body).toBe('Hello from wasi-serve!\n');
    }
    await clients[0]?.[Symbol.asyncDispose]();
    // One is open, and idle for longer than that: its client still gets replies.
    await using other = await servingOn([HELLO]);
    expect(other.origin).not.toBe(serving.origin);
    await clients[1]?.send(rawGet('/'));
    expect((await clients[1]?.readReply())?.status).toBe(200);
    await clients[1]?.[Symbol.asyncDispose]();
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).toContain('Stopping (no connection for 50 ms)');
  });
});

describe.concurrent('--idle-process-timeout', () => {
  test('does not begin before the first connection', async () => {
    await using serving = await servingOn([HELLO, '--idle-process-timeout', '1ms']);
    await using other = await servingOn([HELLO]);
    expect(other.origin).not.toBe(serving.origin);
    expect((await fetch(serving.origin)).status).toBe(200);
  });

  test('takes a time', async () => {
    const { code, stderr } = await runWasiServe([HELLO, '--idle-process-timeout', 'soon']);
    expect(code).toBe(2);
    expect(stderr).toContain("invalid --idle-process-timeout 'soon'");
  });
});
