import { BoundSocket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { guestPath, runWasiServe, wasiServe } from './wasi-serve.ts';

/** Says of itself what systemd says of the process that it starts. */
const SYSTEMD = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'];

const ARGS = [guestPath('hello'), '--systemd-listenfd'];

describe('a socket that was passed', () => {
  test.each([[[]], [['--workers', '2']]])('is served, and nothing else: %j', async (args) => {
    using socket = new BoundSocket({ host: '127.0.0.1', port: 0 });
    await using serving = wasiServe([...ARGS, ...args], {}, SYSTEMD, socket.fd());
    const [, port] = await serving.until('stderr', /Serving HTTP on http:\/\/127\.0\.0\.1:(\d+)\//);
    expect(Number(port)).toBe(socket.address().port);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('Hello from wasi-serve!\n');
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  test('that belongs to another process, or to none, is refused', async () => {
    const { code, stderr } = await runWasiServe(ARGS, { LISTEN_PID: '1', LISTEN_FDS: '1' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: --systemd-listenfd: no socket was passed to this process: LISTEN_PID is '1', and this process is \d+\. /,
    );
    expect((await runWasiServe(ARGS)).stderr).toContain("LISTEN_PID is ''");
  });

  test('is refused beside a second one', async () => {
    const two = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" "$@"'];
    await using refused = wasiServe(ARGS, {}, two);
    expect(await refused.ended).toBe(1);
    expect(refused.text.stderr).toContain("LISTEN_FDS is '2', and has to be 1");
  });
});
