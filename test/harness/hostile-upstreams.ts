import type { Socket } from 'node:net';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;

/** Sends `bytes` again and again, as fast as they are taken. */
function flood(bytes: string): (socket: Socket) => void {
  const many = bytes.repeat(Math.ceil(10_000 / bytes.length));
  return function send(socket) {
    while (socket.writable && socket.write(many, 'latin1'));
    socket.once('drain', () => send(socket));
  };
}

/** First these bytes, then this. */
function begin(bytes: string, then: (socket: Socket) => void): (socket: Socket) => void {
  return (socket) => void socket.write(bytes, 'latin1', () => then(socket));
}

const end = (socket: Socket): unknown => socket.end();
const reset = (socket: Socket): unknown => socket.resetAndDestroy();

/** Upstreams that misbehave once a request has arrived. */
export const HOSTILE_UPSTREAMS = {
  'says-nothing': () => {},
  'closes-unanswered': end,
  'resets-unanswered': reset,
  'speaks-no-http': begin('SSH-2.0-hostile\r\n', end),
  upgrades: begin('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', flood('x')),
  'informs-for-ever': flood('HTTP/1.1 100 Continue\r\n\r\n'),
  'fields-for-ever': begin(OK, flood('x: y\r\n')),
  'line-for-ever': begin(OK, flood('x')),
  'breaks-in-the-head': begin(`${OK}x: y\r\n`, reset),
  'closes-before-the-length': begin(`${OK}content-length: 9\r\n\r\nhi`, end),
  'resets-before-the-length': begin(`${OK}content-length: 9\r\n\r\nhi`, reset),
  'resets-where-a-close-would-end': begin(`${OK}\r\nhi`, reset),
  'closes-between-chunks': begin(`${CHUNKED}2\r\nhi\r\n`, end),
  'extension-for-ever': begin(`${CHUNKED}1;`, flood('x')),
  'trailers-for-ever': begin(`${CHUNKED}0\r\n`, flood('x: y\r\n')),
  'body-for-ever': begin(`${OK}\r\n`, flood('x')),
  'chunks-of-a-byte-for-ever': begin(CHUNKED, flood('1\r\nx\r\n')),
} satisfies Readonly<Record<string, (socket: Socket) => unknown>>;

/** The name of one of them. */
export type HostileUpstream = keyof typeof HOSTILE_UPSTREAMS;
