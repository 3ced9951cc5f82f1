import { closeSync, openSync } from 'node:fs';
import { BoundSocket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { guestPath, runWasiServe, wasiServe } from './wasi-serve.ts';

/** Says of itself what systemd says of the process that it starts. */
const systemd = (count: number | string): string[] => ['sh', '-c', `LISTEN_PID=$$ LISTEN_FDS=${count} exec "$0" "$@"`];

const ARGS = [guestPath('hello'), '--systemd-listenfd'];

describe('a socket that was passed', () => {
  test.each([[[]], [['--workers', '2']]])('is served, and nothing else: %j', async (args) => {
    using socket = new BoundSocket({ host: '127.0.0.1', port: 0 });
    await using serving = wasiServe([...ARGS, ...args], {}, systemd(1), socket.fd());
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

  test.each([[[]], [['--workers', '2']]])('is served beside a second one: %j', async (args) => {
    using first = new BoundSocket({ host: '127.0.0.1', port: 0 });
    using second = new BoundSocket({ host: '127.0.0.1', port: 0 });
    const ports = [first, second].map((socket) => socket.address().port);
    await using serving = wasiServe([...ARGS, ...args], {}, systemd(2), first.fd(), second.fd());
    await serving.until(
      'stderr',
      new RegExp(ports.map((port) => `HTTP on http://127.0.0.1:${port}/\n`).join('Serving ')),
    );
    for (const port of ports) {
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('Hello from wasi-serve!\n');
    }
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  test.each(['0', '-1', '1.5', 'x', '99999'])('is refused if LISTEN_FDS is %s', async (count) => {
    await using refused = wasiServe(ARGS, {}, systemd(count));
    expect(await refused.ended).toBe(1);
    expect(refused.text.stderr).toContain(`LISTEN_FDS is '${count}', and has to be their number`);
  });

  test('is refused if it is a file', async () => {
    const fd = openSync(guestPath('hello'), 'r');
    await using refused = wasiServe(ARGS, {}, systemd(1), fd);
    closeSync(fd);
    expect(await refused.ended).toBe(1);
    expect(refused.text.stderr).toMatch(/^error: cannot listen on descriptor 3: /);
  });
});
