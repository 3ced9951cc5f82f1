import { type Socket, connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { listTooLow } from '../../src/cli/serve/system-limits.ts';
import { toServeConfig } from '../../src/config/to-serve-config.ts';
import { until } from '../harness/until.ts';
import { guestPath, servingOn } from './wasi-serve.ts';

/** The thread that watches reads its files when the process serves already, perhaps in vain. */
const NO_THREAD = ['--stall-timeout', '0'];

/** Runs a command with a limit on descriptors. */
function withFiles(count: number): string[] {
  return ['prlimit', `--nofile=${count}:${count}`];
}

/**
 * Keeps `count` connections open as far as the server accepts them: what is closed is tried again, because the command warms up in its first second and frees
 * descriptors then.
 */
class Connections implements Disposable {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #again: NodeJS.Timeout;

  constructor(origin: string, count: number) {
    this.#port = Number(new URL(origin).port);
    const open = (): void => {
      while (this.#sockets.size < count) this.#open();
    };
    open();
    this.#again = setInterval(open, 100);
  }

  /** The one that was opened first. */
  get first(): Socket {
    const [first] = this.#sockets;
    return first as Socket;
  }

  #open(): void {
    const socket = connect(this.#port, '127.0.0.1').on('error', () => undefined);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#again);
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe.skipIf(process.platform !== 'linux')('when file descriptors run out', () => {
  test('a start notes that there may be more connections, and lost connections are logged', async () => {
    const args = [guestPath('hello'), '--max-connections', '500', ...NO_THREAD];
    await using serving = await servingOn(args, {}, withFiles(100));
    await serving.until(
      'stderr',
      /^note: --max-connections 500 needs 564 file descriptors, but this process may only have 100 \(ulimit -n\): beyond that, /m,
    );
    const connections = new Connections(serving.origin, 150);
    await serving.until(
      'stderr',
      /^note: connections are lost: this process has no file descriptor left \(ulimit -n\)$/m,
    );
    connections[Symbol.dispose]();
    await until(async () => (await fetch(serving.origin).catch(() => undefined))?.status === 200);
  });

  test('the same with workers, logged once', async () => {
    const args = [guestPath('hello'), '--max-connections', '500', '--workers', '2'];
    await using serving = await servingOn(args, {}, withFiles(100));
    await serving.until('stderr', /^note: --max-connections 500 /m);
    const connections = new Connections(serving.origin, 300);
    await serving.until('stderr', /^note: connections are lost: /m);
    connections[Symbol.dispose]();
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr.match(/note: --max-connections/g)).toHaveLength(1);
  });

  test('a start says so under `--permission` too', async () => {
    const root = process.cwd();
    const permission = { NODE_OPTIONS: `--permission --allow-net --allow-worker --allow-fs-read=${root}` };
    await using serving = await servingOn([guestPath('hello'), ...NO_THREAD], permission, withFiles(200));
    await serving.until('stderr', /^note: --max-connections 10000 needs 10064 .* may only have 200 /m);
    using _connections = new Connections(serving.origin, 250);
    await serving.until('stderr', /^note: connections are lost: /m);
  });

  test('outgoing requests that fail for this reason are logged', async () => {
    await using serving = await servingOn([guestPath('outbound-get'), ...NO_THREAD], {}, withFiles(100));
    const url = encodeURIComponent(`${serving.origin}/?url=`);
    using connections = new Connections(serving.origin, 100);
    await serving.until('stderr', /^note: connections are lost: /m);
    connections.first.write(`GET /?url=${url} HTTP/1.1\r\nHost: test\r\n\r\n`);
    await serving.until('stderr', /^note: outgoing requests fail: cannot open connections, out of file /m);
  });
});

test.each([
  [{ maxConnections: 100 }, { openFiles: 164, mappings: 10_000 }, []],
  [{ maxConnections: 100 }, { openFiles: 163, mappings: 10_000 }, [/--max-connections 100 needs 164/]],
  [{ maxConnections: 100 }, { openFiles: undefined, mappings: undefined }, []],
  [{}, { openFiles: 1024, mappings: 65_530 }, [/--max-connections 10000 needs 10064 .* may only have 1024 /]],
  [
    { maxConcurrentRequests: 13_000 },
    { openFiles: 1_000_000, mappings: 65_530 },
    [/^--max-concurrent-requests 13000 may need 66000 memory mappings, .* 65530 \(sysctl vm\.max_map_count\)/],
  ],
])('with %j and %j', (options, limits, expected) => {
  const found = listTooLow({ ...toServeConfig(options), ports: 1 }, limits);
  expect(found).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
});
