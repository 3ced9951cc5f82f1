import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { BROKEN, attackFile } from './broken-checks/broken.ts';
import { LEAST, PERMISSION_ONLY } from './permissions.ts';
import { type WasiServe, guestPath, servingOn } from './wasi-serve.ts';

const SPIN = guestPath('spin');
const STALLED =
  /^error: process \d+ is ending: its event loop has been blocked for \d+\.\d s \(--stall-timeout\) by a guest of (\S+); the last guest to run was handling GET \/a%20b\?before \(request (\S+), instance 1\)$/m;

/** While other tests run. */
const SLOW = { timeout: 60_000 };

/** Makes a guest hold the thread of a process that has answered one request. */
async function hold({ origin }: { readonly origin: string }, ...headerLines: string[]): Promise<AsyncDisposable> {
  expect(await (await fetch(origin)).text()).toBe('computed\n');
  const client = await connectRaw(origin);
  await client.send(rawGet('/a%20b?before', ...headerLines));
  return client;
}

describe('a process whose guest holds the thread, with the checks broken,', SLOW, () => {
  test('says for which request, and ends by SIGALRM', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], BROKEN);
    await using _client = await hold(serving, 'X-Request-Id: one-of-mine');
    expect(await serving.ended).toBe('SIGALRM');
    expect(serving.text.stderr).toMatch(STALLED);
    expect(STALLED.exec(serving.text.stderr)?.slice(1)).toEqual([SPIN, 'one-of-mine']);
  });

  test('names the id that it made itself as the log would', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], BROKEN);
    await using _client = await hold(serving);
    expect(await serving.ended).toBe('SIGALRM');
    expect(STALLED.exec(serving.text.stderr)?.[2]).toMatch(/^[\da-f-]{36}$/);
  });

  test('assigns no id for this if no line of the log has one', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s', '--access-log', 'off'], BROKEN);
    await using _client = await hold(serving);
    expect(await serving.ended).toBe('SIGALRM');
    expect(STALLED.exec(serving.text.stderr)?.[2]).toBe('unknown');
  });

  test('says so as JSON', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s', '--log-format', 'json'], BROKEN);
    await using _client = await hold(serving, 'X-Request-Id: one-of-mine');
    expect(await serving.ended).toBe('SIGALRM');
    const last = JSON.parse(serving.text.stderr.trimEnd().split('\n').at(-1) ?? '') as unknown;
    expect(last).toMatchObject({
      level: 'error',
      event: 'stalled',
      phase: 'serving',
      component: SPIN,
      ...{ id: 'one-of-mine', method: 'GET', path: '/a%20b?before', instance: 1 },
      message: expect.stringContaining('its event loop has been blocked'),
    });
  });

  test('ends though it is not interrupted by choice, if --stall-timeout is given', async () => {
    await using serving = await servingOn([SPIN, '--preemption', 'off', '--stall-timeout', '2s']);
    await using _client = await hold(serving);
    expect(await serving.ended).toBe('SIGALRM');
    expect(serving.text.stderr).toMatch(STALLED);
  });

  test('ends with the least of permissions', async () => {
    const env = { NODE_OPTIONS: `${LEAST.NODE_OPTIONS} ${BROKEN.NODE_OPTIONS}` };
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], env);
    await using _client = await hold(serving);
    expect(await serving.ended).toBe('SIGALRM');
    expect(serving.text.stderr).toMatch(STALLED);
  });

  test('ends even if nobody reads its output', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], BROKEN);
    await using _client = await hold(serving);
    serving.closeStreams();
    expect(await serving.ended).toBe('SIGALRM');
  });

  test('when it was to finish ends soon after --drain-timeout', async () => {
    using file = await attackFile('hold', 'loop-after-the-body');
    await using serving = await servingOn([file.path, '--stall-timeout', '1h', '--drain-timeout', '200ms'], BROKEN);
    await using client = await connectRaw(serving.origin);
    await client.send('POST /late HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n');
    await untilInFlight(serving);
    serving.kill('SIGTERM');
    await serving.until('stderr', /^Stopping \(SIGTERM\): waiting/m);
    await client.send('x');
    expect(await serving.ended).toBe('SIGALRM');
    expect(serving.text.stderr).toMatch(/^error: .*it was to finish .* ago \(--drain-timeout\).* GET|POST \/late /m);
  });
});

/** Resolves when the guest has read the head: a second request, which is answered later, would not come to be at work before. */
async function untilInFlight({ origin }: { readonly origin: string }): Promise<void> {
  await using client = await connectRaw(origin);
  await client.send('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  expect((await client.readReply()).status).toBe(400);
}

const UNSHARE = ['unshare', '-Urpf', '--mount-proc'] as const;
const canUnshare = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'true']).status === 0;

test.skipIf(!canUnshare)(
  'process 1 of a container, which takes no signal from inside, ends by a breakpoint',
  async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], BROKEN, UNSHARE);
    await using _client = await hold(serving);
    // 128 and the number of SIGTRAP, as `unshare` and a shell tell it.
    expect([133, 'SIGTRAP']).toContain(await serving.ended);
    expect(serving.text.stderr).toMatch(/^error: process 1 is ending/m);
  },
);

describe('a process continues', SLOW, () => {
  test('that was stopped for longer than --stall-timeout', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s']);
    for (let round = 0; round < 2; round += 1) {
      serving.kill('SIGSTOP');
      // Nothing is to be observed meanwhile.
      await sleep(3500);
      serving.kill('SIGCONT');
      for (let look = 0; look < 8; look += 1) {
        expect(await (await fetch(serving.origin)).text()).toBe('computed\n');
        await sleep(250);
      }
    }
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  test('whose component takes longer than that to start', async () => {
    using file = await attackFile('start', 'compute-at-start');
    await using serving = await servingOn([file.path, '--stall-timeout', '2s']);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  test('whose guests are interrupted, though they compute for longer than that', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '2s', '--cpu-timeout', '4s']);
    const spinning = [1, 2, 3].map(() => fetch(`${serving.origin}/?before`));
    for (const reply of await Promise.all(spinning)) expect(reply.status).toBe(504);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  test('without an end with --stall-timeout 0, until it is killed', async () => {
    await using serving = await servingOn([SPIN, '--stall-timeout', '0'], BROKEN);
    expect(threadOf(serving)).toBeUndefined();
  });
});

test('an idle process has the thread that watches sleep', async () => {
  await using serving = await servingOn([SPIN]);
  const thread = threadOf(serving) ?? '';
  const before = ticksOf(serving, thread);
  await sleep(2000);
  // Of 10 ms each.
  expect(ticksOf(serving, thread) - before).toBeLessThanOrEqual(1);
});

test('without the permission to start threads it says that nothing ends it', async () => {
  const env = { NODE_OPTIONS: PERMISSION_ONLY };
  await using serving = await servingOn([SPIN, '--stall-timeout', '2s'], env);
  await serving.until('stderr', /^note: --stall-timeout has no effect: .*--allow-worker.*--workers 1/m);
  expect((await fetch(serving.origin)).status).toBe(200);
});

/** The id of the watching thread, if there is one. */
function threadOf({ pid }: WasiServe): string | undefined {
  return readdirSync(`/proc/${pid}/task`).find((thread) => {
    return readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim() === 'stall-watch';
  });
}

/** What of the CPU a thread has had. Source: proc_pid_stat(5), `utime` and `stime`. */
function ticksOf({ pid }: WasiServe, thread: string): number {
  const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
