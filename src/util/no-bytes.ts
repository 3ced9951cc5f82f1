/** Nothing. All share it, so nobody may transfer its buffer: what leaves the host, as a body of a `Response`, is a copy. */
export const NO_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);
