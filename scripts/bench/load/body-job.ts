/** Requests with large bodies, for some time. */
export interface BodyJob {
  readonly url: string;
  readonly path: string;
  /** Of the body that is sent; 0 for GET. */
  readonly sentBytes: number;
  /** Of the reply's body. */
  readonly receivedBytes: number;
  /** Sends the body in chunks of so many bytes; undefined sends it with its length. */
  readonly chunkBytes: number | undefined;
  readonly connections: number;
  /** After which no request is begun. */
  readonly seconds: number;
}

/** What came of a `BodyJob`. All replies were right: the program fails otherwise. */
export interface BodyResult {
  readonly requests: number;
  /** From the first request to the end of the last reply. */
  readonly seconds: number;
}
