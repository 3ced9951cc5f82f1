import { writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { assembleAttack } from '../hostile/assemble.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const HELLO = guestPath('hello');

type Watched = Awaited<ReturnType<typeof servingOn>> & { readonly admin: string };

async function watchedOn(args: readonly string[]): Promise<Watched> {
  const serving = await servingOn([...args, '--admin-addr', '127.0.0.1:0']);
  const [, admin = ''] = await serving.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
  return { ...serving, admin };
}

/** An attack of components/hostile/ under a limit. */
async function serveAttack(file: string, name: string, limit: string): Promise<Watched> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-test-'));
  const path = join(folder.path, 'attack.wasm');
  writeFileSync(path, await assembleAttack(file, name));
  return await watchedOn([path, '--limit', limit]);
}

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.text();
  return response.status;
}

/** The metrics by name and labels, without the component's. */
async function metricsOf({ admin }: Watched): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith('wasi_serve_'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice('wasi_serve_'.length, end).replace(/,?component="[^"]*",?/, ''), Number(line.slice(end))];
    }),
  );
}

/** Resolves when a metric has a value. */
function untilMetric(watched: Watched, name: string, value: number): Promise<void> {
  return until(async () => (await metricsOf(watched)).get(name) === value);
}

describe.concurrent('the admin port', () => {
  test('serves health, readiness and metrics, and nothing else', async () => {
    await using watched = await watchedOn([HELLO]);
    expect(await statusOf(`${watched.admin}/healthz`)).toBe(200);
    expect(await statusOf(`${watched.admin}/readyz?verbose`)).toBe(200);
    const metrics = await fetch(`${watched.admin}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toMatch(/^process_cpu_seconds_total \d/m);
    expect(await statusOf(`${watched.admin}/`)).toBe(404);
    expect(await statusOf(`${watched.admin}/healthz`, { method: 'POST' })).toBe(405);
    expect(await statusOf(`${watched.admin}/healthz`, { method: 'HEAD' })).toBe(200);
  });

  test("is not the guest's", async () => {
    await using watched = await watchedOn([HELLO]);
    expect(await (await fetch(`${watched.origin}/healthz`)).text()).toBe('Hello from wasi-serve!\n');
  });

  test('answers no guest', async () => {
    await using watched = await watchedOn([guestPath('outbound-get')]);
    const reply = await fetch(`${watched.origin}/?url=${watched.admin}/metrics`);
    expect(await reply.text()).toContain('not for guests');
  });

  test.each([[[]], [['--workers', '2']]])('is not ready while it waits for guests to finish, with %j', async (args) => {
    await using watched = await watchedOn([guestPath('sleep'), ...args]);
    await using client = await connectRaw(watched.origin);
    await client.send(rawGet('/?ms=60000'));
    await untilMetric(watched, 'requests_in_flight{}', 1);
    watched.kill('SIGTERM');
    await watched.until('stderr', /^Stopping .*waiting up to/m);
    expect(await statusOf(`${watched.admin}/readyz`)).toBe(503);
    expect(await statusOf(`${watched.admin}/healthz`)).toBe(200);
  });

  test.each([[[]], [['--workers', '2']]])(
    'in use by another process is refused in one message, with %j',
    async (args) => {
      const other = createServer();
      await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const admin = ['--admin-addr', `127.0.0.1:${port}`];
      const { code, stderr } = await runWasiServe([HELLO, '--addr', '127.0.0.1:0', ...admin, ...args]);
      other.close();
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/^error: .* is in use by another process: .*--admin-addr\n$/);
    },
  );

  test('is in the start as JSON', async () => {
    await using serving = await servingOn([HELLO, '--admin-addr', '127.0.0.1:0', '--log-format', 'json']);
    expect(serving.text.stderr).toMatch(/"adminOrigin":"http:\/\/127\.0\.0\.1:\d+"/);
  });
});

describe.concurrent('metrics count', () => {
  test.each([['on'], ['off']])('requests, with --access-log %s', async (accessLog) => {
    await using watched = await watchedOn([HELLO, '--access-log', accessLog]);
    for (let request = 0; request < 3; request += 1) await fetch(watched.origin).then((reply) => reply.text());
    await untilMetric(watched, 'requests_total{status="2xx",end="complete"}', 3);
    const metrics = await metricsOf(watched);
    expect(metrics.get('response_body_bytes_total{}')).toBe(69);
    expect(metrics.get('guest_cpu_seconds_total{}')).toBeGreaterThan(0);
    expect(metrics.get('request_duration_seconds_count{}')).toBe(3);
    expect(metrics.get('request_duration_seconds_bucket{le="+Inf"}')).toBe(3);
    expect(metrics.get('kept_instances{}')).toBe(1);
    expect(metrics.get('kept_instances_bytes{}')).toBeGreaterThan(65_535);
    expect(metrics.get('connections{}')).toBeGreaterThan(0);
    expect(metrics.get('hosts_accepting{}')).toBe(1);
  });

  test('what trapped', async () => {
    await using watched = await watchedOn([guestPath('trap-before')]);
    expect(await statusOf(watched.origin)).toBe(500);
    await untilMetric(watched, 'requests_total{status="5xx",end="complete"}', 1);
    expect((await metricsOf(watched)).get('failures_total{}')).toBeGreaterThan(0);
  });

  test('refusals by why', async () => {
    await using watched = await watchedOn([HELLO, '--max-body', '10B']);
    const init = { method: 'POST', body: '0123456789a' };
    for (let request = 0; request < 2; request += 1) expect(await statusOf(watched.origin, init)).toBe(413);
    const reason = 'refused with 413: the body of the request is larger than 10 bytes (--max-body)';
    await untilMetric(watched, `refusals_total{reason="${reason}"}`, 2);
  });

  test.each([
    ['sleep', ['-W', 'timeout=50ms'], 'timeout', 504],
    ['spin', ['--cpu-timeout', '50ms'], 'cpu-timeout', 504],
    ['sleep', ['--max-concurrent-requests', '1', '--max-queued-requests', '0'], 'max-queued-requests', 503],
  ])('requests to %s that %j ends as breaches of %s', async (name, args, limit, status) => {
    await using watched = await watchedOn([guestPath(name), ...args]);
    const url = `${watched.origin}/?ms=500`;
    const statuses = await Promise.all([statusOf(url), statusOf(url)]);
    expect(statuses).toContain(status);
    const breaches = statuses.filter((each) => each === status).length;
    await untilMetric(watched, `limit_breaches_total{limit="${limit}"}`, breaches);
  });

  test.each([
    ['count-requests', 'outbound=3', 'outgoing requests denied: more than 3 for one request (--limit outbound)'],
    ['print-a-thousand', 'output-bytes=5', 'dropped: output beyond 5 bytes of one request (--limit output-bytes)'],
  ])('breaches by limits/%s of --limit %s, which end nothing, as refusals', async (name, limit, reason) => {
    await using watched = await serveAttack('limits', name, limit);
    // Whom to call.
    expect(await statusOf(`${watched.origin}/127.0.0.1:1`)).toBeLessThan(500);
    await until(async () => ((await metricsOf(watched)).get(`refusals_total{reason="${reason}"}`) ?? 0) > 0);
    await watched.until('stderr', new RegExp(`^note: ${RegExp.escape(reason)}`, 'm'));
  });

  test.each([
    ['handles', 'hoard', 'handles=7', 'handles'],
    ['to-host', '32769-entries', 'call-bytes=1000', 'call-bytes'],
    ['to-guest', 'two-to-the-40th-random-bytes', 'random-bytes=100', 'random-bytes'],
    ['to-host', 'one-key-million-times', 'fields-bytes=100', 'fields-bytes'],
    ['to-host', 'one-key-million-times', 'fields-entries=5', 'fields-entries'],
    ['held', 'responses-never-sent', 'held-bytes=100kB', 'held-bytes'],
  ])('breaches by %s/%s of --limit %s', async (file, name, limit, label) => {
    await using watched = await serveAttack(file, name, limit);
    expect(await statusOf(watched.origin)).toBe(500);
    await watched.until('stderr', new RegExp(`\\(--limit ${label}\\)$`, 'm'));
    await untilMetric(watched, `limit_breaches_total{limit="${label}"}`, 1);
  });
});

describe('what guests have the host hold', () => {
  test('is a gauge; a guest that is ended for it is counted by the limit, and logged once', async () => {
    await using watched = await serveAttack('held', 'bodies-for-ever', 'total-held-bytes=60MiB');
    const waiting = fetch(watched.origin).then((reply) => reply.status);
    await until(async () => ((await metricsOf(watched)).get('held_bytes{}') ?? 0) >= 50 * 2 ** 20);
    const second = new AbortController();
    const other = fetch(watched.origin, { signal: second.signal }).catch(() => undefined);
    expect(await waiting).toBe(503);
    await untilMetric(watched, 'limit_breaches_total{limit="total-held-bytes"}', 1);
    await watched.until('stderr', /^note: a guest was ended or refused: .*\(--limit total-held-bytes\)/m);
    second.abort();
    await other;
    await untilMetric(watched, 'held_bytes{}', 0);
  });
});

describe('the metrics of two workers', () => {
  test('are added up, also while one is blocked and when one has died', async () => {
    await using watched = await watchedOn([HELLO, '--workers', '2']);
    const [, first = '', second = ''] = await watched.until('stderr', /2: processes (\d+), (\d+)$/m);
    const [one, other] = [Number(first), Number(second)];
    for (const pid of [one, other]) {
      process.kill(pid === one ? other : one, 'SIGSTOP');
      await fetch(watched.origin, { headers: { connection: 'close' } }).then((reply) => reply.text());
      process.kill(pid === one ? other : one, 'SIGCONT');
    }
    const requests = 'requests_total{status="2xx",end="complete"}';
    await untilMetric(watched, requests, 2);
    expect((await metricsOf(watched)).get('hosts_accepting{}')).toBe(2);
    process.kill(one, 'SIGSTOP');
    expect((await metricsOf(watched)).get(requests)).toBe(2);
    process.kill(one, 'SIGKILL');
    await watched.until('stderr', /restarted \(process \d+\); 2 of 2 running/);
    const metrics = await metricsOf(watched);
    expect(metrics.get(requests)).toBe(2);
    expect(metrics.get('request_duration_seconds_bucket{le="+Inf"}')).toBe(2);
    expect(metrics.get('hosts_accepting{}')).toBe(2);
    expect(await statusOf(`${watched.admin}/readyz`)).toBe(200);
  });
});
