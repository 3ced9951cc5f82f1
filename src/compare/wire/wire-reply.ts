/** A field or trailer as it came: latin1, one character a byte, in order. */
export type WireField = readonly [name: string, value: string];

/** How a reply says where its body ends: `none` if it cannot have one, `close` if the end of the connection ends it. */
export type WireFraming = 'none' | 'length' | 'chunked' | 'close';

/** A final reply of HTTP/1, byte for byte. */
export interface WireReply {
  readonly status: number;
  readonly fields: readonly WireField[];
  readonly framing: WireFraming;
  /** As far as it came, without its framing; empty if the reader does not keep bodies. */
  readonly body: Buffer;
  readonly trailers: readonly WireField[];
  /** Whether it came as its framing says. */
  readonly isWhole: boolean;
  /** Whether the connection cannot be used again. */
  readonly isLast: boolean;
}
