import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type RawClient, connectRaw, isRefused, rawGet } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { type WasiServe, guestPath, runWasiServe, wasiServe } from './wasi-serve.ts';

const HELLO = guestPath('hello');

/** Two addresses: 127.0.0.1, and another of this machine. */
const ADDRESSES = ['--addr', '127.0.0.1:0', '--addr', '[::1]:0'];

/** By one process, or by several. */
const WAYS: readonly (readonly [string, readonly string[]])[] = [
  ['alone', []],
  ['with workers', ['--workers', '2']],
];

type ServingBoth = WasiServe & { readonly origins: readonly string[] };

async function servingBoth(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServingBoth> {
  const serving = wasiServe(args, env);
  const [, ...origins] = await serving.until(
    'stderr',
    /^Serving HTTP on (http:\/\/127\.0\.0\.1:\d+)\/\nServing HTTP on (http:\/\/\[::1\]:\d+)\/\n/m,
  );
  return { ...serving, origins };
}

/** A port that another server has. */
async function taken(): Promise<Disposable & { readonly port: number }> {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  return { port: (other.address() as AddressInfo).port, [Symbol.dispose]: () => void other.close() };
}

async function connectBoth({ origins }: ServingBoth): Promise<readonly RawClient[]> {
  return await Promise.all(origins.map((origin) => connectRaw(origin)));
}

describe.concurrent.each(WAYS)('several addresses, %s', (_way, args) => {
  test('are served, each with its line', async () => {
    await using serving = await servingBoth([HELLO, ...ADDRESSES, ...args]);
    for (const origin of serving.origins) {
      const reply = await fetch(`${origin}/`, { headers: { connection: 'close' } });
      expect(await reply.text()).toBe('Hello from wasi-serve!\n');
    }
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr.match(/Serving HTTP on/g)).toHaveLength(2);
  });

  test('drain together: requests of each get their replies, and no other comes in', async () => {
    await using serving = await servingBoth([guestPath('slow-body'), ...ADDRESSES, ...args]);
    const clients = await connectBoth(serving);
    for (const client of clients) {
      await client.send(rawGet('/?chunks=20&ms=100'));
      expect(await client.readHead()).toMatchObject({ status: 200 });
    }
    serving.kill('SIGTERM');
    await serving.until('stderr', /^Stopping/m);
    for (const origin of serving.origins) await until(() => isRefused(origin));
    for (const client of clients) {
      await until(async () => (await client.readChunk()) === '');
      expect(await client.readTrailers()).toMatchObject({ ending: 'framed' });
    }
    expect(await serving.ended).toBe(0);
  });

  test('of which one is in use: says which, and the others are closed', async () => {
    using other = await taken();
    const { code, stderr } = await runWasiServe([HELLO, ...ADDRESSES, '--addr', `127.0.0.1:${other.port}`, ...args]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^error: http://127.0.0.1:${other.port} is in use by another process: .*--addr\n$`),
    );
  });
});

describe.concurrent('several addresses', () => {
  test('are taken from the environment', async () => {
    await using serving = await servingBoth([HELLO], { WASI_SERVE_ADDR: '127.0.0.1:0, [::1]:0' });
    expect((await fetch(`${serving.origins[1]}/`)).status).toBe(200);
  });

  test('stand in the JSON log', async () => {
    await using serving = wasiServe([HELLO, ...ADDRESSES, '--log-format', 'json']);
    const [line] = await serving.until('stderr', /^.*"event":"start".*$/m);
    const start = JSON.parse(line) as { origin: string; origins: string[]; message: string };
    expect(start.origins).toHaveLength(2);
    expect(start.origin).toBe(start.origins[0]);
    expect(start.message).toBe(`Serving HTTP on ${start.origins[0]}/ and ${start.origins[1]}/`);
  });

  test.each([
    [['127.0.0.1:9999', '127.0.0.1:9999']],
    [['0.0.0.0:9999', '127.0.0.1:9999']],
    [['[::1]:9999', '[::]:9999']],
    [['127.0.0.1:9999', '[::]:9999']],
  ])('that are the same are refused: %j', async (addresses) => {
    const { code, stderr } = await runWasiServe([HELLO, ...addresses.flatMap((address) => ['--addr', address])]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/^error: two of --addr are the same address/);
  });

  test('of IPv4 and IPv6 may have one port', async () => {
    using other = await taken();
    other[Symbol.dispose]();
    const { port } = other;
    await using serving = await servingBoth([HELLO, '--addr', `127.0.0.1:${port}`, '--addr', `[::1]:${port}`]);
    expect(serving.origins).toEqual([`http://127.0.0.1:${port}`, `http://[::1]:${port}`]);
  });

  test('one of which is invalid are refused', async () => {
    const { code, stderr } = await runWasiServe([HELLO, '--addr', '127.0.0.1:0', '--addr', '8080']);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('write 127.0.0.1:8080 or 0.0.0.0:8080');
  });
});
