import type { FieldEntries } from './field-entries.ts';

/** The part of a head that all messages have. `fields` contains every name, and is built when it is first read. */
export interface IncomingHead {
  readonly fields: FieldEntries;
}

/** The head of a request as it came from the client. */
export interface RequestHead extends IncomingHead {
  readonly method: string;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly authority: string;
  /** Raw, neither decoded nor normalised. `undefined` if the target is an authority, which only CONNECT has. */
  readonly pathWithQuery: string | undefined;
}
