import { once } from 'node:events';
import { connect } from 'node:net';

/** What a client does once. Throws if the outcome is unexpected. */
export interface Scenario {
  readonly name: string;
  readonly guest: string;
  /** How often, relative to the others. */
  readonly weight: number;
  readonly act: (origin: string, peers: Peers) => Promise<void>;
}

/** Whom guests call. */
export interface Peers {
  /** The origin of the HTTP server. */
  readonly up: string;
  /** `HOST:PORT` of a TCP server that sends back what it gets, and of a UDP socket that does. */
  readonly tcp: string;
  readonly udp: string;
}

const LARGE = 'x'.repeat(200_000);

/** Good guests, misbehaving guests, clients that leave in each phase, upstreams that fail. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'hello', guest: 'hello', weight: 20, act: (o) => expectReply(o, 200, 'Hello from wasi-serve!\n') },
  { name: 'isolation', guest: 'counter', weight: 10, act: (o) => expectReply(o, 200, '1 clean\n') },
  { name: 'short echo', guest: 'echo', weight: 10, act: (o) => expectReply(o, 200, 'short', post('short')) },
  { name: 'long echo', guest: 'echo', weight: 5, act: (o) => expectReply(o, 200, LARGE, post(LARGE)) },
  { name: 'StarlingMonkey', guest: 'js-fetch-event', weight: 5, act: (o) => expectReply(o, 200) },
  { name: 'axum', guest: 'hello-axum', weight: 5, act: (o) => expectReply(o, 200) },
  { name: 'sleep', guest: 'sleep', weight: 5, act: (o) => expectReply(`${o}/?ms=50`, 200) },
  { name: 'counter in memory', guest: 'key-value', weight: 5, act: (o) => expectReply(`${o}/count/n`, 200) },
  {
    name: 'durable counter',
    guest: 'key-value',
    weight: 5,
    act: (o) => expectReply(`${o}/count/n?store=durable`, 200),
  },
  {
    name: 'object in a directory',
    guest: 'blob-store',
    weight: 5,
    act: (o) => expectReply(`${o}/put?name=${pick(20)}`, 200, `${LARGE.length}\n`, post(LARGE)),
  },
  {
    name: 'object in memory',
    guest: 'blob-store',
    weight: 3,
    act: (o) => expectReply(`${o}/put?container=memory/things&name=${pick(20)}`, 200, `${LARGE.length}\n`, post(LARGE)),
  },
  {
    name: 'objects read',
    guest: 'blob-store',
    weight: 5,
    act: (o) => expectReply(`${o}/get?name=${pick(20)}`, undefined),
  },
  {
    name: 'objects left open',
    guest: 'blob-store',
    weight: 2,
    act: (o) => expectReply(`${o}/leave?n=5`, 200, 'left\n'),
  },
  {
    name: 'object dropped',
    guest: 'blob-store',
    weight: 2,
    act: (o) => expectReply(`${o}/put?name=x&end=drop`, 200, 'dropped\n', post(LARGE)),
  },
  {
    name: 'trap in an object',
    guest: 'blob-store',
    weight: 2,
    act: (o) => expectReply(`${o}/put?name=x&end=trap`, 500, undefined, post(LARGE)),
  },
  {
    name: 'client leaves an object',
    guest: 'blob-store',
    weight: 2,
    act: (o) => leave(`${o}/get?name=${pick(20)}`, 'reading'),
  },
  { name: 'file', guest: 'file-server', weight: 10, act: (o) => expectReply(`${o}/small.txt`, 200, 'a small file') },
  { name: 'large file', guest: 'file-server', weight: 3, act: (o) => expectReply(`${o}/large.txt`, 200, LARGE) },
  { name: 'no such file', guest: 'file-server', weight: 2, act: (o) => expectReply(`${o}/../none`, 404) },
  { name: 'client leaves a file', guest: 'file-server', weight: 2, act: (o) => leave(`${o}/huge.txt`, 'reading') },
  { name: 'files left open', guest: 'file-facts', weight: 2, act: (o) => expectReply(`${o}/?hold`, 200) },
  {
    name: 'TCP',
    guest: 'tcp-client',
    weight: 5,
    act: (o, { tcp }) => expectReply(`${o}/?addr=${tcp}`, 200, 'sent', post('sent')),
  },
  {
    name: 'TCP, much',
    guest: 'tcp-client',
    weight: 3,
    act: (o, { tcp }) => expectReply(`${o}/?addr=${tcp}`, 200, LARGE, post(LARGE)),
  },
  {
    name: 'UDP',
    guest: 'udp-client',
    weight: 5,
    act: (o, { udp }) => expectReply(`${o}/?addr=${udp}&message=sent&ms=5000`, 200),
  },
  { name: 'sockets left open', guest: 'socket-facts', weight: 2, act: (o) => expectReply(`${o}/?hold=5`, 200) },
  { name: 'memory', guest: 'memory', weight: 2, act: (o) => expectReply(`${o}/?mib=8`, 200) },
  {
    name: 'proxy',
    guest: 'proxy',
    weight: 5,
    act: (o, { up }) => expectReply(through(o, `${up}/right`), 200, 'right'),
  },
  {
    name: 'reset upstream',
    guest: 'proxy',
    weight: 2,
    act: (o, { up }) => expectReply(through(o, `${up}/reset`), 502),
  },
  { name: 'cut upstream', guest: 'proxy', weight: 2, act: (o, { up }) => expectBreak(through(o, `${up}/cut`)) },
  {
    name: 'upstream that closes',
    guest: 'proxy',
    weight: 5,
    act: (o, { up }) => expectReply(through(o, `${up}/closing`), 200, 'right', post('sent once')),
  },
  {
    name: 'upstream that resets',
    guest: 'proxy',
    weight: 5,
    act: (o, { up }) => expectReply(through(o, `${up}/resetting`), 200, 'right', post('sent once')),
  },
  {
    name: 'upstream cut where a close would end',
    guest: 'proxy',
    weight: 2,
    act: (o, { up }) => expectBreak(through(o, `${up}/cut-where-a-close-would-end`)),
  },
  {
    name: 'silent upstream',
    guest: 'proxy',
    weight: 2,
    act: (o, { up }) => leave(through(o, `${up}/silent`), 'waiting'),
  },
  { name: 'trap before', guest: 'trap-before', weight: 2, act: (o) => expectReply(o, 500) },
  { name: 'trap after', guest: 'trap-after', weight: 2, act: (o) => expectBreak(`${o}/?ms=5`) },
  { name: 'never set', guest: 'never-set', weight: 2, act: (o) => expectReply(o, 500) },
  { name: 'dropped body', guest: 'drop-body', weight: 2, act: expectBreak },
  { name: 'client leaves waiting', guest: 'sleep', weight: 2, act: (o) => leave(`${o}/?ms=60000`, 'waiting') },
  {
    name: 'client leaves reading',
    guest: 'slow-body',
    weight: 2,
    act: (o) => leave(`${o}/?chunks=9999&ms=5`, 'reading'),
  },
  { name: 'client leaves a flood', guest: 'flood', weight: 2, act: (o) => leave(`${o}/?bytes=100000000`, 'reading') },
  { name: 'client leaves sending', guest: 'echo', weight: 2, act: leaveSending },
];

const post = (body: string): RequestInit => ({ method: 'POST', body });

const through = (origin: string, url: string): string => `${origin}/?url=${encodeURIComponent(url)}`;

/** A number below `count`. */
const pick = (count: number): number => Math.floor(Math.random() * count);

/** With any status, if that is `undefined`. */
async function expectReply(url: string, status: number | undefined, body?: string, init?: RequestInit): Promise<void> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  if (status !== undefined && reply.status !== status)
    throw new Error(`${reply.status} instead of ${status}: ${text.slice(0, 100)}`);
  if (body !== undefined && text !== body) throw new Error(`unexpected body: ${text.slice(0, 100)}`);
}

/** Expects a reply that does not look complete. */
async function expectBreak(url: string): Promise<void> {
  const whole = await fetch(url).then(
    (reply) => reply.text().catch(() => undefined),
    () => undefined,
  );
  if (whole !== undefined) throw new Error(`looks complete: ${whole.slice(0, 100)}`);
}

/** Leaves before the head, or after the first piece of the body. */
async function leave(url: string, phase: 'waiting' | 'reading'): Promise<void> {
  const abort = new AbortController();
  if (phase === 'waiting') setTimeout(() => abort.abort(), 30);
  const reply = await fetch(url, { signal: abort.signal }).catch(() => undefined);
  await reply?.body?.getReader().read();
  abort.abort();
}

/** Declares more than it sends, then resets the connection. */
async function leaveSending(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nHost: soak\r\nContent-Length: 1000\r\n\r\n0123456789');
  await once(socket, 'data');
  socket.resetAndDestroy();
}
