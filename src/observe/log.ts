/** What the host has to say, in the terms of a reader of logs. */
export type LogEvent =
  | { readonly at: 'request'; readonly request: RequestRecord }
  | { readonly at: 'guest-failed'; readonly id: string; readonly component: string; readonly message: string; readonly trace: string | undefined }
  | { readonly at: 'guest-output'; readonly line: string; readonly stream: 'stdout' | 'stderr' }
  | { readonly at: 'notice'; readonly level: 'info' | 'warning' | 'error'; readonly message: string };

/** One answered request. */
export interface RequestRecord {
  readonly id: string;
  readonly component: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the body, as far as it was sent. */
  readonly byteLength: number;
  readonly durationMs: number;
  readonly instance: 'fresh' | 'reset';
  readonly end: 'complete' | 'aborted' | 'client-left';
}

/** Takes events, in order, and never throws. */
export type Log = (event: LogEvent) => void;

/** Says nothing. */
export const SILENT: Log = () => undefined;
