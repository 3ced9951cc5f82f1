import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** Types of frames. Source: RFC 9113, 6. */
const TYPES = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const PREFACE_BYTES = 24;
const FRAME_HEAD_BYTES = 9;
const PING_BYTES = 8;
const MAX_FRAME_BYTES = 16_384;

/** Error codes. Source: RFC 9113, 7. */
export const CODES = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  ENHANCE_YOUR_CALM: 11,
  HTTP_1_1_REQUIRED: 13,
} as const;

type Fields = readonly (readonly [name: string, value: string])[];

/** One side of an HTTP/2 connection that sends whatever frames it is told to, legal or not. */
export class RawHttp2Peer {
  readonly socket: TLSSocket;
  /** The one below TLS. */
  readonly raw: Socket;

  constructor(socket: TLSSocket, raw: Socket) {
    this.socket = socket;
    this.raw = raw;
  }

  /** A field section in as many frames as it takes, with `:status` among its fields if there is one. */
  headers(streamId: number, fields: Fields, end?: 'end'): this {
    return this.block(streamId, Buffer.concat(fields.map(encodeField)), end);
  }

  /** As `headers`, of a field section that is encoded already. */
  block(streamId: number, block: Buffer, end?: 'end'): this {
    const parts = Array.from({ length: Math.max(1, Math.ceil(block.byteLength / MAX_FRAME_BYTES)) }, (_, index) =>
      block.subarray(index * MAX_FRAME_BYTES, (index + 1) * MAX_FRAME_BYTES),
    );
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1 ? END_HEADERS : 0;
      const first = index === 0 && end !== undefined ? END_STREAM : 0;
      this.#frame(index === 0 ? TYPES.headers : TYPES.continuation, last | first, streamId, part);
    }
    return this;
  }

  data(streamId: number, text: string, end?: 'end'): this {
    return this.#frame(TYPES.data, end === undefined ? 0 : END_STREAM, streamId, Buffer.from(text, 'latin1'));
  }

  reset(streamId: number, code: keyof typeof CODES): this {
    return this.#frame(TYPES.rstStream, 0, streamId, toUint32(CODES[code]));
  }

  goaway(lastStreamId: number, code: keyof typeof CODES): this {
    return this.#frame(TYPES.goaway, 0, 0, Buffer.concat([toUint32(lastStreamId), toUint32(CODES[code])]));
  }

  settings(flags = 0): this {
    return this.#frame(TYPES.settings, flags, 0, Buffer.alloc(0));
  }

  ping(): this {
    return this.#frame(TYPES.ping, 0, 0, Buffer.alloc(PING_BYTES));
  }

  pong(payload: Buffer): this {
    return this.#frame(TYPES.ping, ACK, 0, payload);
  }

  /** Calls `then` when the kernel has all frames: a reset before that would throw them away. */
  written(then: () => void): this {
    this.socket.write('', then);
    return this;
  }

  #frame(type: number, flags: number, streamId: number, payload: Buffer): this {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUIntBE(payload.byteLength, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(streamId, 5);
    if (this.socket.writable) this.socket.write(Buffer.concat([head, payload]));
    return this;
  }
}

/** A TLS server that speaks HTTP/2 by hand: `answer` is called for each request that has come whole. */
export function createRawHttp2Server(
  certificate: { readonly key: string; readonly cert: string },
  answer: (peer: RawHttp2Peer, streamId: number) => void,
): Server {
  const secureContext = createSecureContext(certificate);
  // What Nagle's algorithm holds back, a reset throws away.
  return createServer({ noDelay: true }, (raw) => {
    const socket = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ['h2'] });
    socket.on('error', () => {});
    const peer = new RawHttp2Peer(socket, raw);
    socket.once('secure', () => peer.settings());
    let unread = Buffer.alloc(0);
    let prefaceBytes = PREFACE_BYTES;
    socket.on('data', (bytes: Buffer) => {
      const preface = Math.min(prefaceBytes, bytes.byteLength);
      prefaceBytes -= preface;
      unread = readFrames(Buffer.concat([unread, bytes.subarray(preface)]), peer, answer);
    });
  });
}

/** Returns what is left of an incomplete frame. */
function readFrames(
  bytes: Buffer,
  peer: RawHttp2Peer,
  answer: (peer: RawHttp2Peer, streamId: number) => void,
): Buffer<ArrayBuffer> {
  let rest = bytes;
  while (rest.byteLength >= FRAME_HEAD_BYTES) {
    const end = FRAME_HEAD_BYTES + rest.readUIntBE(0, 3);
    if (rest.byteLength < end) break;
    const [type, flags, streamId] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
    const payload = rest.subarray(FRAME_HEAD_BYTES, end);
    rest = rest.subarray(end);
    if (type === TYPES.settings && (flags & ACK) === 0) peer.settings(ACK);
    if (type === TYPES.ping && (flags & ACK) === 0) peer.pong(payload);
    const isRequestEnd = (type === TYPES.headers || type === TYPES.data) && (flags & END_STREAM) !== 0;
    if (isRequestEnd) answer(peer, streamId);
  }
  return Buffer.from(rest);
}

/** A literal that is not indexed, without Huffman. Source: RFC 7541, 6.2.2. */
function encodeField([name, value]: readonly [string, string]): Buffer {
  return Buffer.concat([Buffer.from([0]), encodeText(name), encodeText(value)]);
}

/** Source: RFC 7541, 5.1 and 5.2. */
function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const max = 127;
  if (bytes.byteLength < max) return Buffer.concat([Buffer.from([bytes.byteLength]), bytes]);
  const length = [max];
  let left = bytes.byteLength - max;
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
  return Buffer.concat([Buffer.from([...length, left]), bytes]);
}

function toUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
