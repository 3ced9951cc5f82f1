import type { WireField } from '../wire/wire-reply.ts';

/** A request, or bytes that are none, and what the client does besides sending them. */
export interface Probe {
  /** Says what it is about: `PROPFIND`, `two hosts`. */
  readonly name: string;
  readonly group: string;
  /** Of the first request: a reply to HEAD has no body. */
  readonly method: string;
  /** Written one after the other. */
  readonly parts: readonly Uint8Array[];
  /** What the second part waits for. */
  readonly awaits: 'nothing' | 'continue';
  /** How many replies there should be. */
  readonly replies: number;
  /** What the client does when all is sent. After a reset, the next client is what is compared. */
  readonly ending: 'wait' | 'half-close' | 'reset';
  /** The request, if it is a well-formed one that curl can send. */
  readonly plain: PlainRequest | undefined;
}

/** A well-formed request. Text is latin1. */
export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  /** With `Host`. */
  readonly fields: readonly WireField[];
  readonly body?: Uint8Array;
  /** Sends the body in chunks of so many bytes; by default it is sent with its length. */
  readonly chunkBytes?: number;
  /** After the last chunk. */
  readonly trailers?: readonly WireField[];
}

/** The probe of a well-formed request. */
export function toProbe(group: string, name: string, plain: PlainRequest): Probe {
  const head = [`${plain.method} ${plain.target} HTTP/1.1`, ...formatFields([...plain.fields, ...framingOf(plain)])];
  const bytes = Buffer.concat([latin1([...head, '', ''].join('\r\n')), encodeBody(plain)]);
  return { ...rawProbe(group, name, bytes), method: plain.method, plain };
}

/** The probe of any bytes. Its method is the first word. */
export function rawProbe(group: string, name: string, ...parts: readonly (string | Uint8Array)[]): Probe {
  const bytes = parts.map((part) => (typeof part === 'string' ? latin1(part) : part));
  const method = /^[^ \r\n]*/.exec(Buffer.from(bytes[0] ?? []).toString('latin1', 0, 40))?.[0] ?? '';
  return { name, group, method, parts: bytes, awaits: 'nothing', replies: 1, ending: 'wait', plain: undefined };
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function framingOf({ body, chunkBytes }: PlainRequest): WireField[] {
  if (body === undefined) return [];
  return chunkBytes === undefined ? [['Content-Length', `${body.byteLength}`]] : [['Transfer-Encoding', 'chunked']];
}

function formatFields(fields: readonly WireField[]): string[] {
  return fields.map(([name, value]) => `${name}: ${value}`);
}

function encodeBody({ body, chunkBytes, trailers = [] }: PlainRequest): Uint8Array {
  if (body === undefined || chunkBytes === undefined) return body ?? new Uint8Array();
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.byteLength; at += chunkBytes) {
    const data = body.subarray(at, at + chunkBytes);
    chunks.push(latin1(`${data.byteLength.toString(16)}\r\n`), data, latin1('\r\n'));
  }
  return Buffer.concat([...chunks, latin1(['0', ...formatFields(trailers), '', ''].join('\r\n'))]);
}
