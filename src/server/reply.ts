import { firstValue } from '../http/field-entries.ts';
import type { OutgoingBytes } from '../http/outgoing-bytes.ts';
import type { OutgoingResponse } from '../wasi/http/outgoing.ts';
import { parseContentLength } from '../http/syntax.ts';
import type { LoopTurns } from '../io/loop-turns.ts';
import { NO_BYTES } from '../util/no-bytes.ts';
import { READY, waitForAny } from '../io/readiness.ts';
import { type Exchange, type Framing, type ReplySink, isTunnel } from './exchange.ts';
import type { Blame } from './failure.ts';

/** How a reply ended: complete; broken off by the guest or the host, with the reason; or given up because the client left. */
export type ReplyEnd =
  | { readonly at: 'complete'; readonly byteLength: number }
  | { readonly at: 'aborted'; readonly byteLength: number; readonly reason: string; readonly blame: Blame }
  | { readonly at: 'client-left'; readonly byteLength: number };

/** A response that cannot be sent. Nothing of it has been. */
export interface Unsendable {
  readonly at: 'unsendable';
  readonly reason: string;
}

/**
 * A larger body is passed on piece by piece even if it is whole, so that its request is charged for it until the client has received it.
 * A smaller one fits into the buffer of a socket.
 */
const MAX_AT_ONCE_BYTES = 64 * 1024;

export const LEFT_UNANSWERED: ReplyEnd = Object.freeze({ at: 'client-left', byteLength: 0 });

/**
 * Sends a response, if the guest has finished its body by now and it is small: with its length, in one packet if it fits. Otherwise sends nothing: then
 * it goes out in pieces. Most replies are sent here, so nothing is awaited.
 */
export function sendIfWhole(exchange: Exchange, response: OutgoingResponse): ReplyEnd | Unsendable | undefined {
  const { reply, clientLeft } = exchange;
  const { status, fields, bytes } = response;
  if (bytes?.isWhole === false) return undefined;
  if (clientLeft.isReady()) return leave(bytes);
  const wireBody = wireBodyOf(exchange, response);
  if (bytes === undefined) return sendWithoutBody(exchange, response, wireBody);
  const whole = wireBody === 'absent' ? undefined : takeWhole(bytes);
  if (whole === undefined) return undefined;
  reply.whole({ status, fields, framing: { by: 'length', byteLength: whole.byteLength } }, whole);
  return { at: 'complete', byteLength: whole.byteLength };
}

/** What `sendInPieces` needs to know of the guest and of other replies. */
export interface Sending {
  /** Called when the head is sent and the body is passed on piece by piece. */
  readonly onStream: (bytes: OutgoingBytes) => void;
  /** The queue in which the pieces of long bodies wait. */
  readonly turns: LoopTurns;
}

/** Sends a response's head now, and its body as the guest writes it. If the body breaks off, so does the connection. */
export async function sendInPieces(
  exchange: Exchange,
  response: OutgoingResponse,
  { onStream, turns }: Sending,
): Promise<ReplyEnd> {
  const { reply, clientLeft } = exchange;
  const { status, fields, bytes } = response;
  // One without a body is whole.
  if (bytes === undefined || clientLeft.isReady()) return leave(bytes);
  const wireBody = wireBodyOf(exchange, response);
  reply.start({ status, fields, framing: streamFraming(bytes, wireBody) });
  onStream(bytes);
  const wire = wireBody === 'absent' ? DISCARDING : reply;
  const end = await pump(exchange, bytes, { wire, turns });
  bytes.leave();
  return end;
}

/** The client left before it received anything. */
function leave(bytes: OutgoingBytes | undefined): ReplyEnd {
  bytes?.leave();
  return LEFT_UNANSWERED;
}

/** Whether the reply has a body on the wire. Source: RFC 9112, 6.3. No tunnel follows CONNECT, so nothing does. */
type WireBody = 'present' | 'absent';

function wireBodyOf({ head }: Exchange, { status }: OutgoingResponse): WireBody {
  const isAbsent = head.method === 'HEAD' || status === 204 || status === 304 || isTunnel(head.method, status);
  return isAbsent ? 'absent' : 'present';
}

/** A response whose body the guest never took. */
function sendWithoutBody(
  { reply }: Exchange,
  { status, fields }: OutgoingResponse,
  wireBody: WireBody,
): ReplyEnd | Unsendable {
  const declared = parseContentLength(firstValue(fields, 'content-length') ?? '0') ?? 0n;
  if (wireBody === 'present' && declared > 0n) {
    return { at: 'unsendable', reason: `the response declares a content-length of ${declared} but has no body` };
  }
  const framing: Framing = wireBody === 'absent' ? { by: 'absence' } : { by: 'length', byteLength: 0 };
  reply.whole({ status, fields, framing }, NO_BYTES);
  return { at: 'complete', byteLength: 0 };
}

/** Takes the whole body, if the guest has finished it without trailers and it is small; otherwise takes nothing. */
function takeWhole(bytes: OutgoingBytes): Uint8Array | undefined {
  if (!bytes.isWhole || bytes.queuedBytes > MAX_AT_ONCE_BYTES) return undefined;
  const pieces: Uint8Array[] = [];
  for (let piece = bytes.next(); piece.at === 'bytes'; piece = bytes.next()) pieces.push(piece.bytes);
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

function streamFraming(bytes: OutgoingBytes, wireBody: WireBody): Framing {
  if (wireBody === 'absent') return { by: 'absence' };
  const byteLength = bytes.isWhole ? bytes.queuedBytes : bytes.contentLength;
  return byteLength === undefined ? { by: 'chunks' } : { by: 'length', byteLength };
}

/**
 * Passes each piece on when the wire accepts it, and gives the thread to others whenever it waits: otherwise a guest and a client that are
 * both always ready would keep it between them.
 */
async function pump(
  { clientLeft, reply }: Exchange,
  bytes: OutgoingBytes,
  { wire, turns }: Pumping,
): Promise<ReplyEnd> {
  let byteLength = 0;
  for (;;) {
    if (clientLeft.isReady()) return { at: 'client-left', byteLength };
    const piece = bytes.next();
    switch (piece.at) {
      case 'bytes': {
        if (wire !== DISCARDING) byteLength += piece.bytes.byteLength;
        wire.write(piece.bytes);
        if (wire.writable.isReady()) break;
        await waitForAny([wire.writable, bytes.broken], clientLeft);
        await nextTurn(byteLength, turns);
        break;
      }
      case 'finished':
        reply.end(wire === DISCARDING ? undefined : piece.trailers);
        return { at: 'complete', byteLength };
      case 'aborted':
        reply.abort();
        return { at: 'aborted', byteLength, reason: piece.reason, blame: 'guest' };
      case 'pending':
        await waitForAny([bytes.readable], clientLeft);
        await nextTurn(byteLength, turns);
    }
  }
}

/** When more than this has been sent of a reply, short replies go first. */
const MAX_SHORT_BYTES = 256 * 1024;

/** Resolves when all that is ready to run in this process has run; for a long reply, when it is its turn among the long ones. */
function nextTurn(sentBytes: number, turns: LoopTurns): Promise<void> {
  if (sentBytes > MAX_SHORT_BYTES) return turns.next();
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

type BodyWire = Pick<ReplySink, 'write' | 'writable'>;

/** Where the pieces of a body go, and when. */
interface Pumping extends Pick<Sending, 'turns'> {
  readonly wire: BodyWire;
}

/** Drops the bytes of a reply that has no body on the wire. */
const DISCARDING: BodyWire = Object.freeze({ write: () => {}, writable: READY });
