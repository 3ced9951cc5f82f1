import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/index.ts';
import { type LoadWay, guestFile } from '../harness/guests.ts';
import { ConnectionEnded, type Ending, type RawReply, requestRaw } from '../harness/raw-client.ts';
import { type Served, linesOf, serveGuest } from '../harness/serve-guest.ts';
import { type Upstream, startUpstream } from '../harness/upstream.ts';
import { until } from '../harness/until.ts';

/** The oracle first: jco's glue. */
const WAYS: readonly LoadWay[] = [
  { engine: 'jco', isolation: 'fresh' },
  { engine: 'linker', isolation: 'fresh' },
  { engine: 'linker', isolation: 'restart' },
  { engine: 'linker', isolation: 'reset' },
];

/** A request is asked so often of each: from the second on, `reset` has something to restore. */
const ROUNDS = 3;

/** Stands for the upstream's URL in a path. */
const UP = '{up}';

const BODY = 'some bytes \u00ff and more'.repeat(40);

/** Requests by guest; the others are asked `DEFAULT`. A request: path, and a body if it is a POST. */
const REQUESTS: Readonly<Record<string, readonly (readonly [path: string, body?: string])[]>> = {
  'after-reply': [['/?ms=5']],
  canary: [['/'], ['/?end=trap'], ['/?forge=7']],
  'content-length': [['/?declared=5&written=5'], ['/?raw=5'], ['/?raw=5&also=6']],
  echo: [['/'], ['/', BODY], ['/', BODY.repeat(100)]],
  empty: [['/?kind=none'], ['/?kind=unfinished'], ['/?kind=stream']],
  exit: [['/'], ['/?ok']],
  'fan-out': [[`/?url=${UP}&n=5`]],
  flood: [['/?bytes=300000']],
  head: [['/a/b?c=d'], ['//x', 'body'], ['/%ff?%20']],
  'hello-axum': [['/'], ['/greet/you'], ['/nowhere']],
  'js-fetch-event': [['/'], ['/nowhere'], ['/echo', BODY], ['/cookies'], ['/throw']],
  'js-hono': [['/'], ['/nowhere'], ['/json'], ['/users/7'], ['/echo', BODY]],
  memory: [['/?mib=1'], ['/?mib=40'], ['/?mib=1']],
  once: [['/'], [`/?url=${UP}`]],
  'outbound-drop': [[`/?url=${UP}`]],
  'outbound-get': [[`/?url=${UP}`], [`/?url=${UP}&method=PUT`], ['/?url=nonsense']],
  'outbound-post': [
    [`/?url=${UP}`, BODY],
    [`/?url=${UP}&trailer=1`, BODY],
  ],
  poll: [['/?case=timers'], ['/?case=same'], ['/?case=empty'], ['/?case=many'], ['/?case=ready']],
  proxy: [[`/?url=${UP}`, BODY]],
  'set-error': [['/'], ['/?code=DNS-timeout'], ['/?code=internal-error']],
  sleep: [['/?ms=1'], ['/?ms=0']],
  'slow-body': [['/?chunks=3&ms=1']],
  status: [['/?code=200'], ['/?code=204'], ['/?code=404'], ['/?code=99']],
  streams: [['/'], ['/?trap=over-budget'], ['/?trap=child'], ['/?trap=finish']],
  trailers: [['/', 'body'], ['/']],
  'trap-after': [['/?ms=50']],
};
const DEFAULT: (typeof REQUESTS)[string] = [['/'], ['/some/path?a=b', 'body']];

/** Guests that cannot be served, or not alone. */
const NOT_SERVED = new Set(['command', 'middleware', 'missing-import']);

/** Guests whose replies hold what no two requests have in common: there only what is not a digit is compared. */
const VARYING = new Set(['canary', 'clocks', 'env', 'random', 'start']);

const guests = globSync('components/*/*.wasm')
  .map((file) => basename(dirname(file)))
  .filter((name) => !NOT_SERVED.has(name))
  .toSorted();

describe.each(guests)('%s', (name) => {
  let upstream: Upstream;
  let served: Served[];
  beforeAll(async () => {
    upstream = await startUpstream((incoming, outgoing) => {
      outgoing.writeHead(201, ['x-up', `${incoming.method}`, 'Date', 'today']);
      incoming.pipe(outgoing);
    });
    // Not from the tests' cache: guests that others are building now would stay in it.
    const components = await Promise.all(WAYS.map((way) => loadComponent(guestFile(name), way)));
    served = await Promise.all(components.map((component) => serveGuest(component)));
  }, 120_000);
  afterAll(async () => {
    for (const one of served) await one[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  test.each(requestsOf(name))('%s', { timeout: 60_000 }, async (path, body) => {
    const to = path.replace(UP, encodeURIComponent(`${upstream.origin}/path`));
    const [jco, ...linked] = await Promise.all(served.map((one) => ask(one, name, requestTo(to, body))));
    for (const replies of linked) expect(replies).toEqual(jco);
  });
});

function requestsOf(name: string): [path: string, body: string | undefined][] {
  return (REQUESTS[name] ?? DEFAULT).map(([path, body]) => [path, body]);
}

function requestTo(path: string, body: string | undefined): string {
  const head = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: test\r\nX-Request-Id: same\r\nX-Twice: 1\r\nx-twice: 2\r\nConnection: close\r\n`;
  return body === undefined
    ? `${head}\r\n`
    : `${head}Content-Length: ${body.length}\r\nContent-Type: text/x\r\n\r\n${body}`;
}

/** What is to be equal of some equal requests, one after the other. */
async function ask(served: Served, name: string, request: string): Promise<unknown> {
  const replies: unknown[] = [];
  const before = { stdout: linesOf(served, 'stdout').length, stderr: linesOf(served, 'stderr').length };
  for (let round = 0; round < ROUNDS; round += 1) {
    const reply = await requestRaw(served.origin, request).catch(toEnd);
    replies.push('received' in reply ? reply : shown(reply, VARYING.has(name)));
    await until(() => served.host.inFlight === 0);
  }
  const output = (['stdout', 'stderr'] as const).map((stream) =>
    linesOf(served, stream)
      .slice(before[stream])
      .map((line) => mask(line, /\[\d+\]/g)),
  );
  return { replies, output };
}

/** A connection that ended before a head is a reply too. */
function toEnd(error: unknown): { readonly ending: Ending; readonly received: string } {
  if (!(error instanceof ConnectionEnded)) throw error;
  return { ending: error.ending, received: error.received };
}

/** Where the reply varies, the same for every digit, and for every length. */
function shown({ statusLine, headerLines, body, trailerLines, ending }: RawReply, varies: boolean): unknown {
  const field = varies ? /^(date|content-length): .*$/i : /^(date): .*$/i;
  const fields = headerLines.map((line) => line.replace(field, '$1: *'));
  return { statusLine, fields, body: varies ? mask(body, /[\da-f.-]+/g) : body, trailerLines, ending };
}

const mask = (text: string, varying: RegExp): string => text.replaceAll(varying, '*');
