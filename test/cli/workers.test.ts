import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guestFile } from '../harness/guests.ts';
import { type RawClient, connectRaw, isRefused, rawGet } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const HELLO = guestPath('hello');
const PRLIMIT = 'prlimit';

type Pool = Awaited<ReturnType<typeof servingOn>> & { readonly pids: readonly [number, number] };

/** A primary with two workers, all of which listen. */
async function poolOf(args: readonly string[]): Promise<Pool> {
  const serving = await servingOn([...args, '--workers', '2']);
  const [, first, second] = await serving.until('stderr', /^ {2}workers {5}2: processes (\d+), (\d+)$/m);
  return { ...serving, pids: [Number(first), Number(second)] };
}

/** A connection that `pid` accepts, with a request under way: the other worker is stopped meanwhile. */
async function connectTo({ origin, pids }: Pool, pid: number, path = '/'): Promise<RawClient> {
  const others = pids.filter((other) => other !== pid);
  for (const other of others) process.kill(other, 'SIGSTOP');
  const client = await connectRaw(origin);
  await client.send(rawGet(path));
  await client.readHead();
  for (const other of others) process.kill(other, 'SIGCONT');
  return client;
}

async function textOf(origin: string, path = '/'): Promise<string> {
  return (await fetch(`${origin}${path}`, { headers: { connection: 'close' } })).text();
}

/** Whether a process has ended; its parent may not have asked how. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

describe.concurrent('a start', () => {
  test('is logged once, with one port and two processes', async () => {
    await using pool = await poolOf([HELLO, '-S', 'nn']);
    await pool.until('stderr', /^note: without effect here: -S nn$/m);
    expect(pool.text.stderr).toMatch(/^ {2}limits {6}in each worker: 30 s per request, .*$/m);
    expect(new Set(pool.pids).size).toBe(2);
    expect(pool.pids.some(isGone)).toBe(false);
    pool.kill('SIGTERM');
    await pool.ended;
    expect(pool.text.stderr.match(/Serving HTTP on|without effect/g)).toHaveLength(2);
  });

  test('as JSON names the processes', async () => {
    await using serving = await servingOn([HELLO, '--workers', '2', '--log-format', 'json']);
    const start = JSON.parse(serving.text.stderr.split('\n')[0] ?? '') as Record<string, unknown>;
    expect(start).toMatchObject({ event: 'start', workerPids: [expect.any(Number), expect.any(Number)] });
  });

  test('by one worker is of a process under another', async () => {
    await using serving = await servingOn([HELLO, '--workers', '1']);
    const [, pid] = await serving.until('stderr', /^ {2}workers {5}1: process (\d+)$/m);
    expect(Number(pid)).not.toBe(serving.pid);
    expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(isGone(Number(pid))).toBe(true);
  });

  test('without --workers is of one process', async () => {
    await using serving = await servingOn([HELLO]);
    expect(await textOf(serving.origin)).toBe('Hello from wasi-serve!\n');
    expect(serving.text.stderr).not.toMatch(/workers/);
  });

  test.each([
    ['no file', ['/no/such/file.wasm'], /no such file/],
    ['another world', [guestPath('command')], /does not implement wasi:http\/proxy/],
    ['a shutdown address of others', [HELLO, '--shutdown-addr', '192.0.2.1:0'], /cannot listen on --shutdown-addr/],
  ])('of %s is refused in one message, with 1', async (_name, args, message) => {
    const { code, stdout, stderr } = await runWasiServe([...args, '--workers', '2', '--addr', '127.0.0.1:0']);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  test('on an address in use says so once', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runWasiServe([HELLO, '--workers', '2', '--addr', `127.0.0.1:${port}`]);
    other.close();
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: http://127.0.0.1:${port} is in use by another process: .*--addr\n$`));
  });
});

test.concurrent('each worker answers, and numbers its own instances', async () => {
  await using pool = await poolOf([guestPath('env')]);
  for (const pid of pool.pids) {
    await using client = await connectTo(pool, pid);
    expect(await client.readSome()).toMatch(/^INSTANCE_ID=0\n/);
  }
});

test("what workers' guests print comes in whole lines, and the log has a line for each request", async () => {
  await using pool = await poolOf([guestPath('print'), '--no-logging-prefix']);
  await Promise.all(Array.from({ length: 20 }, () => textOf(pool.origin)));
  pool.kill('SIGTERM');
  expect(await pool.ended).toBe(0);
  const lines = pool.text.stdout.trimEnd().split('\n');
  expect(Map.groupBy(lines, (line) => line).get('out one')).toHaveLength(20);
  const ids = pool.text.stderr.match(/^GET .* 200 .* [\w-]{36}$/gm)?.map((line) => line.slice(-36));
  expect(new Set(ids).size).toBe(20);
});

describe.concurrent('a worker that dies', () => {
  test('loses its own requests only, and is replaced', async () => {
    await using pool = await poolOf([HELLO, '--access-log', 'off']);
    const clients: { client: RawClient; pid: number }[] = [];
    for (const pid of [...pool.pids, ...pool.pids, ...pool.pids]) {
      const client = await connectTo(pool, pid);
      await client.readSome();
      clients.push({ client, pid });
    }
    let state: 'serving' | 'killed' = 'serving';
    const answered = clients.map(async ({ client, pid }) => {
      // The connections of the surviving worker continue until the replacement is there.
      for (let replies = 0; !/2 of 2/.test(pool.text.stderr); replies += 1) {
        await client.send(rawGet('/'));
        const reply = await client.readReply().catch(() => undefined);
        if (reply === undefined) return { pid, end: 'broken' };
        expect(reply).toMatchObject({ status: 200, body: 'Hello from wasi-serve!\n' });
        if (replies < 20 || state === 'killed') continue;
        state = 'killed';
        process.kill(pool.pids[0], 'SIGKILL');
      }
      return { pid, end: 'open' };
    });
    for (const { pid, end } of await Promise.all(answered)) expect(end).toBe(pid === pool.pids[0] ? 'broken' : 'open');
    expect(pool.text.stderr).toMatch(
      /^error: worker 1 \(process \d+\) was killed by SIGKILL; 1 of 2 left, starting another\nWorker 1 restarted \(process \d+\); 2 of 2 running$/m,
    );
    for (const { client } of clients) await client[Symbol.asyncDispose]();
  });

  test('with all others leaves the port to those that replace them', async () => {
    await using pool = await poolOf([HELLO]);
    for (const pid of pool.pids) process.kill(pid, 'SIGKILL');
    await pool.until('stderr', /restarted \(process \d+\); 2 of 2 running/);
    expect(await textOf(pool.origin)).toBe('Hello from wasi-serve!\n');
  });

  test.skipIf(process.platform !== 'linux')(
    'is replaced after growing delays as soon as a process can be had, and the others serve',
    async () => {
      await using pool = await poolOf([HELLO]);
      const limitFiles = (count: string): unknown => spawnSync(PRLIMIT, ['--pid', `${pool.pid}`, `--nofile=${count}:`]);
      limitFiles('12');
      process.kill(pool.pids[0], 'SIGKILL');
      await pool.until(
        'stderr',
        /^error: worker 1 .* failed to start: spawn .* EMFILE; 1 of 2 left, starting another in 100 ms$/m,
      );
      expect(await textOf(pool.origin)).toBe('Hello from wasi-serve!\n');
      await pool.until('stderr', /; 1 of 2 left, starting another in 200 ms$/m);
      limitFiles('1024');
      await pool.until('stderr', /restarted \(process \d+\); 2 of 2 running/);
      pool.kill('SIGTERM');
      expect(await pool.ended).toBe(0);
    },
  );

  test('is replaced by one that serves what was read at the start, whatever has become of the files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
    const [file, fields] = [join(folder, 'app.wasm'), join(folder, 'fields.txt')];
    copyFileSync(guestFile('headers'), file);
    writeFileSync(fields, 'x-from: start');
    await using pool = await poolOf([file, '-H', `@${fields}`]);
    writeFileSync(fields, 'x-from: later');
    const changes = [
      () => copyFileSync(guestFile('echo'), file),
      () => writeFileSync(file, 'not a component'),
      () => rmSync(file),
    ];
    const [, second] = pool.pids;
    let [first] = pool.pids;
    for (const change of changes) {
      change();
      process.kill(first, 'SIGKILL');
      const replaced = new RegExp(
        `process ${first}\\) was killed by SIGKILL[^]*?Worker 1 restarted \\(process (\\d+)\\)`,
      );
      const [, pid] = await pool.until('stderr', replaced);
      first = Number(pid);
      await using client = await connectTo({ ...pool, pids: [first, second] }, first);
      expect(await client.readSome()).toContain(`x-from: ${Buffer.from('start').toString('hex')}`);
    }
    rmSync(folder, { recursive: true });
  });
});

describe.concurrent('a stop', () => {
  test('lets requests of all workers finish, then exits with 0', async () => {
    await using pool = await poolOf([guestPath('slow-body')]);
    await using first = await connectTo(pool, pool.pids[0], '/?chunks=3&ms=2000');
    await using second = await connectTo(pool, pool.pids[1], '/?chunks=3&ms=2000');
    pool.kill('SIGTERM');
    await pool.until(
      'stderr',
      /^Stopping \(SIGTERM\): waiting up to 30 s for 2 requests; a second signal quits now\n/m,
    );
    await until(() => isRefused(pool.origin));
    for (const client of [first, second]) expect(await chunksOf(client)).toHaveLength(3);
    expect(await pool.ended).toBe(0);
    expect(pool.pids.every(isGone)).toBe(true);
  });

  test('by a signal that reaches every process of the group is one stop', async () => {
    await using pool = await poolOf([guestPath('slow-body')]);
    await using client = await connectTo(pool, pool.pids[0], '/?chunks=3&ms=150');
    for (const pid of pool.pids) process.kill(pid, 'SIGINT');
    for (const pid of pool.pids) process.kill(pid, 'SIGTERM');
    pool.kill('SIGINT');
    expect(await chunksOf(client)).toHaveLength(3);
    expect(await pool.ended).toBe(0);
    expect(pool.text.stderr).not.toContain('error:');
  });

  test('cancels what is not done after --drain-timeout, and says of how many in all', async () => {
    await using pool = await poolOf([guestPath('slow-body'), '--drain-timeout', '50ms']);
    await using first = await connectTo(pool, pool.pids[0], '/?chunks=2&ms=60000');
    await using second = await connectTo(pool, pool.pids[1], '/?chunks=2&ms=60000');
    pool.kill('SIGTERM');
    expect(await pool.ended).toBe(0);
    expect(await Promise.all([first.readEnding(), second.readEnding()])).toEqual(['reset', 'reset']);
    expect(pool.text.stderr).toMatch(/\nnote: 2 requests cancelled: not done within 50 ms \(--drain-timeout\)\n$/);
  });

  test('is cut short by a second signal, for all', async () => {
    await using pool = await poolOf([guestPath('slow-body')]);
    await using client = await connectTo(pool, pool.pids[1], '/?chunks=2&ms=60000');
    pool.kill('SIGTERM');
    await pool.until('stderr', /waiting up to 30 s for 1 request/);
    pool.kill('SIGINT');
    expect(await pool.ended).toBe(130);
    expect(await client.readEnding()).not.toBe('framed');
    await until(() => pool.pids.every(isGone));
  });

  test('does not wait for a worker that does not answer', async () => {
    await using pool = await poolOf([HELLO, '--drain-timeout', '50ms']);
    process.kill(pool.pids[0], 'SIGSTOP');
    pool.kill('SIGTERM');
    expect(await pool.ended).toBe(0);
    expect(pool.text.stderr).toContain('Stopping (SIGTERM): waiting up to 50 ms for requests;');
    expect(pool.text.stderr).toMatch(/\nerror: worker \(process \d+\) was killed by SIGKILL before it had finished\n$/);
  });

  test('may come as a connection to --shutdown-addr', async () => {
    await using pool = await poolOf([HELLO, '--shutdown-addr', '127.0.0.1:0']);
    const [, port] = await pool.until('stderr', /^Listening for shutdown on tcp:\/\/127\.0\.0\.1:(\d+)\/$/m);
    connect(Number(port), '127.0.0.1').on('error', () => undefined);
    expect(await pool.ended).toBe(0);
    expect(pool.text.stderr).toContain('Stopping (a connection to the shutdown address)');
  });
});

test.concurrent('workers whose primary is killed finish their requests and end', async () => {
  await using pool = await poolOf([guestPath('slow-body')]);
  await using first = await connectTo(pool, pool.pids[0], '/?chunks=3&ms=150');
  await using second = await connectTo(pool, pool.pids[1], '/?chunks=3&ms=150');
  pool.kill('SIGKILL');
  expect(await pool.ended).toBe('SIGKILL');
  for (const client of [first, second]) expect(await chunksOf(client)).toHaveLength(3);
  await until(() => pool.pids.every(isGone));
});

/** The chunks of a reply whose head is read. */
async function chunksOf(client: RawClient): Promise<string[]> {
  const chunks: string[] = [];
  for (;;) {
    const chunk = await client.readChunk();
    if (typeof chunk !== 'string')
      throw new Error(`the reply broke off (${chunk.ending}) after ${chunks.length} chunks`);
    if (chunk === '') return chunks;
    chunks.push(chunk);
  }
}
