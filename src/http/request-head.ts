import type { FieldEntries } from './field-entries.ts';

/** What comes with a body: its fields, which still hold every name, are made when they are first read. */
export interface IncomingHead {
  readonly fields: FieldEntries;
}

/** The head of a request as it came from the client. */
export interface RequestHead extends IncomingHead {
  readonly method: string;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly authority: string;
  /** Raw, neither decoded nor normalised. */
  readonly pathWithQuery: string;
}
