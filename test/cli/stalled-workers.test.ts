import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RawClient, connectRaw, rawGet } from '../harness/raw-client.ts';
import { BROKEN, attackFile } from './broken-checks/broken.ts';
import { type WasiServe, guestPath, servingOn, wasiServe } from './wasi-serve.ts';

const SPIN = guestPath('spin');
const COMPUTED = 'computed\n';

/** Checking workers, waiting for their last log lines, and starting others takes a while when other tests run too. */
const SLOW = { timeout: 120_000 };

/** Workers under a primary with an admin port. */
interface Workers extends WasiServe {
  readonly origin: string;
  readonly admin: string;
  readonly pids: readonly number[];
}

async function workersOf(file: string, args: readonly string[], env = BROKEN as NodeJS.ProcessEnv): Promise<Workers> {
  const all = [file, '--admin-addr', '127.0.0.1:0', '--access-log', 'off', '--workers', ...args];
  const serving = await servingOn(all, env);
  const [, pids = ''] = await serving.until('stderr', /^ {2}workers +\d: process(?:es)? ([\d, ]+)$/m);
  const [, admin = ''] = await serving.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
  return { ...serving, admin, pids: pids.split(', ').map(Number) };
}

/** Makes a guest hold the thread of one worker; which one is not known beforehand. */
async function holdOne({ origin }: Workers): Promise<RawClient> {
  const client = await connectRaw(origin);
  await client.send(rawGet('/held?before'));
  return client;
}

/** Makes guests hold the threads of all workers, one after the other: connections that none accepts wait for their replacements. */
async function holdAll(workers: Workers): Promise<AsyncDisposable> {
  const clients = new AsyncDisposableStack();
  for (let left = workers.pids.length - 1; left >= 0; left -= 1) {
    clients.use(await holdOne(workers));
    await until(async () => (await textOf(`${workers.admin}/healthz`)).includes(`ok\n${left} of`));
  }
  return clients;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

async function statusOf(url: string): Promise<number> {
  const reply = await fetch(url, { headers: { connection: 'close' } });
  await reply.text();
  return reply.status;
}

/** Polls until `holds`, for as long as the test may take. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
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

/** Resolves with the process of the one worker when it has computed for longer than all takes that comes before the guest's start. */
async function workerHeldAtStart({ pid }: WasiServe): Promise<number> {
  const childrenOf = (): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  await until(() => /^\d+$/.test(childrenOf()));
  const worker = Number(childrenOf());
  await until(() => ticksOf(worker) > HELD_TICKS);
  return worker;
}

/** Of 10 ms each. */
const HELD_TICKS = 200;

/** What of the CPU the first thread of a process has had. Source: proc_pid_stat(5), `utime`. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
  return Number(stat.replace(/^.*\) /s, '').split(' ')[11]);
}

describe('a worker whose guest holds it, with the checks broken,', () => {
  test('is logged, ends, and is replaced, while the other answers', SLOW, async () => {
    await using workers = await workersOf(SPIN, ['2', '--stall-timeout', '6s']);
    expect(await textOf(`${workers.admin}/healthz`)).toBe('ok\n2 of 2 workers are responding\n');
    await using _held = await holdOne(workers);
    await until(async () => (await textOf(`${workers.admin}/healthz`)) === 'ok\n1 of 2 workers are responding\n');
    expect(await textOf(`${workers.admin}/readyz`)).toBe('ready\n1 of 2 workers are responding\n');
    expect(workers.text.stderr).not.toContain('error:');
    while (!/restarted \(process \d+\); 2 of 2 running/.test(workers.text.stderr))
      expect(await textOf(workers.origin)).toBe(COMPUTED);
    expect(workers.text.stderr).toMatch(
      /^error: process (\d+) is ending: its event loop has been blocked for .*GET \/held\?before \(request unknown, instance \d+\)\nerror: worker [12] \(process \1\) stalled and ended itself \(SIGALRM\); 1 of 2 left, starting another$/m,
    );
    const metrics = await textOf(`${workers.admin}/metrics`);
    expect(metrics).toMatch(/^wasi_serve_workers 2$/m);
    expect(metrics).toMatch(/^wasi_serve_workers_answering 2$/m);
    expect(metrics).toMatch(/^wasi_serve_worker_ends_total\{reason="stalled"\} 1$/m);
    workers.kill('SIGTERM');
    expect(await workers.ended).toBe(0);
  });

  test('with all others leaves the host not ready until others are there', SLOW, async () => {
    await using workers = await workersOf(SPIN, ['2', '--stall-timeout', '12s']);
    {
      await using _held = await holdAll(workers);
      expect(await statusOf(`${workers.admin}/readyz`)).toBe(503);
      expect(await statusOf(`${workers.admin}/healthz`)).toBe(200);
    }
    await until(async () => (await statusOf(`${workers.admin}/readyz`)) === 200);
    expect(await textOf(workers.origin)).toBe(COMPUTED);
  });

  test('alone is replaced too', SLOW, async () => {
    await using workers = await workersOf(SPIN, ['1', '--stall-timeout', '2s']);
    await using _held = await holdOne(workers);
    await workers.until('stderr', /stalled and ended itself \(SIGALRM\); 0 of 1 left, starting another/);
    await workers.until('stderr', /restarted \(process \d+\); 1 of 1 running/);
    expect(await textOf(workers.origin)).toBe(COMPUTED);
  });

  test('is killed when the primary stops, after --drain-timeout', SLOW, async () => {
    await using workers = await workersOf(SPIN, ['2', '--drain-timeout', '100ms']);
    await using _held = await holdOne(workers);
    await until(async () => (await textOf(`${workers.admin}/healthz`)).includes('1 of 2'));
    workers.kill('SIGTERM');
    expect(await workers.ended).toBe(0);
    expect(workers.pids.every(isGone)).toBe(true);
    expect(workers.text.stderr).toMatch(/^error: worker \(process \d+\) .* before it had finished$/m);
  });

  test('does not outlive a primary that is killed', SLOW, async () => {
    await using workers = await workersOf(SPIN, ['2', '--drain-timeout', '100ms']);
    await using _held = await holdOne(workers);
    await until(async () => (await textOf(`${workers.admin}/healthz`)).includes('1 of 2'));
    workers.kill('SIGKILL');
    await until(() => workers.pids.every(isGone));
  });
});

test('a worker that is stopped is killed by the primary, and replaced', SLOW, async () => {
  await using workers = await workersOf(SPIN, ['2', '--stall-timeout', '2s'], {});
  process.kill(workers.pids[0] ?? 0, 'SIGSTOP');
  await workers.until(
    'stderr',
    /^error: worker 1 \(process \d+\) has not responded for [\d.]+ s \(--stall-timeout\): killing it\nerror: worker 1 \(process \d+\) was killed by SIGKILL; 1 of 2 left, starting another$/m,
  );
  await workers.until('stderr', /restarted \(process \d+\); 2 of 2 running/);
  expect(await textOf(`${workers.admin}/metrics`)).toMatch(/^wasi_serve_worker_ends_total\{reason="stalled"\} 1$/m);
});

test('a primary that stops while a worker is held at its start kills it', SLOW, async () => {
  using file = await attackFile('control', 'loop-at-start');
  await using starting = wasiServe(
    [file.path, '--addr', '127.0.0.1:0', '--workers', '1', '--drain-timeout', '1h'],
    BROKEN,
  );
  await workerHeldAtStart(starting);
  starting.kill('SIGTERM');
  expect(await starting.ended).toBe(0);
});

test('a worker that is held at its start does not outlive a primary that is killed', SLOW, async () => {
  using file = await attackFile('control', 'loop-at-start');
  await using starting = wasiServe(
    [file.path, '--addr', '127.0.0.1:0', '--workers', '1', '--drain-timeout', '100ms'],
    BROKEN,
  );
  const pid = await workerHeldAtStart(starting);
  starting.kill('SIGKILL');
  await until(() => isGone(pid));
});

test('a worker that V8 ends, because its heap is full, is replaced', SLOW, async () => {
  using file = await attackFile('heap', 'structs');
  const env = { NODE_OPTIONS: `${BROKEN.NODE_OPTIONS} --max-old-space-size=100` };
  await using workers = await workersOf(file.path, ['1'], env);
  await using _client = await holdOne(workers);
  await workers.until('stderr', /^error: worker 1 \(process \d+\) .*; 0 of 1 left, starting another$/m);
  await workers.until('stderr', /restarted \(process \d+\); 1 of 1 running/);
  expect(workers.text.stderr).not.toContain('SIGALRM');
});
