import { expect, test } from 'vitest';
import type { ServeOptions } from '../../src/index.ts';
import { rawGet } from '../harness/raw-client.ts';
import { Crowd, HostProcess, beGood } from '../harness/crowd/crowd.ts';
import { until } from '../harness/until.ts';

/** 1 for a thorough run: `scripts/bad-clients.sh`. */
const SCALE = Number(process.env['BAD_CLIENTS_SCALE'] ?? 0.1);
const GOOD_REQUESTS = Math.round(1000 * SCALE);
/** More than the host's concurrent requests, in every run. */
const PLACES = Math.round(1000 * SCALE);
const MORE_THAN_PLACES = Math.round(1100 * SCALE);

interface Crowding {
  readonly name: string;
  readonly count: number;
  readonly guest: string;
  readonly options: ServeOptions;
  /** What each sends; then it reads nothing. */
  readonly bytes: string;
  /** What each sends meanwhile, so that none is idle. */
  readonly trickle?: string;
  /** Whether those whose connections end come again. */
  readonly comesAgain?: boolean;
  /** Whether they look for a reply, and leave when one comes. */
  readonly leavesWhenAnswered?: boolean;
  readonly goodPath: string;
  /** Requests of the good client. */
  readonly goodRequests?: number;
}

const crowdings: readonly Crowding[] = [
  {
    name: 'with slow heads',
    count: MORE_THAN_PLACES,
    guest: 'hello',
    options: {},
    bytes: 'GET / HTTP/1.1\r\nHost: test\r\na: ',
    trickle: 'x',
    goodPath: '/',
  },
  {
    name: 'with slow bodies',
    count: MORE_THAN_PLACES,
    guest: 'trailers',
    options: {},
    bytes: 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n',
    trickle: 'x',
    goodPath: '/',
  },
  {
    name: 'with slow bodies, again and again',
    count: MORE_THAN_PLACES,
    guest: 'trailers',
    options: {},
    bytes: 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n',
    trickle: 'x',
    comesAgain: true,
    leavesWhenAnswered: true,
    goodPath: '/',
    goodRequests: 100,
  },
  {
    name: 'that take nothing of their replies',
    count: MORE_THAN_PLACES,
    guest: 'flood',
    options: {},
    bytes: rawGet('/?bytes=1000000000'),
    trickle: '\r\n',
    goodPath: '/?bytes=1',
  },
  {
    name: 'that take nothing of their replies, again and again',
    count: MORE_THAN_PLACES,
    guest: 'flood',
    options: {},
    bytes: rawGet('/?bytes=1000000000'),
    trickle: '\r\n',
    comesAgain: true,
    goodPath: '/?bytes=1',
    goodRequests: 100,
  },
  {
    name: 'that are idle after a request',
    count: Math.round(10_000 * SCALE),
    guest: 'hello',
    options: { keepAliveTimeoutMs: 60_000, maxConnections: Math.round(10_000 * SCALE) + 10 },
    bytes: rawGet('/'),
    goodPath: '/',
  },
  {
    name: 'that never send anything',
    count: Math.round(10_000 * SCALE),
    guest: 'hello',
    options: { headTimeoutMs: 60_000, maxConnections: Math.round(10_000 * SCALE) + 10 },
    bytes: '',
    goodPath: '/',
  },
];

test.each(crowdings)(
  '$count clients $name keep no good client from its replies',
  async ({ name, count, guest, options, trickle = '', goodPath, goodRequests = GOOD_REQUESTS, ...conduct }) => {
    using host = await HostProcess.start(guest, { maxConcurrentRequests: PLACES, ...options });
    const url = `${host.origin}${goodPath}`;
    const alone = await beGood(url, 10);
    const before = await host.state();
    using crowd = await Crowd.gather(host.origin, count, conduct);
    const trickling = setInterval(() => crowd.trickle(trickle), 500);
    const good = await beGood(url, goodRequests);
    clearInterval(trickling);
    const during = await host.state();
    report(`${count} clients ${name}`, { alone, good, ended: crowd.ended, before, during });
    expect(good.failed).toEqual([]);
    // Where nothing is done against them, they are all there.
    if (during.notices.length === 0 && during.inFlight === 0) expect(during.connections).toBeGreaterThanOrEqual(count);
    expect(during.notices.filter((notice) => notice.includes('malformed'))).toEqual([]);

    crowd[Symbol.dispose]();
    await until(async () => (await host.state()).inFlight === 0);
    expect((await beGood(url, 10)).failed).toEqual([]);
  },
  300_000,
);

function report(what: string, figures: unknown): void {
  if (process.env['BAD_CLIENTS_SCALE'] !== undefined) console.log(what, JSON.stringify(figures, undefined, 1));
}
