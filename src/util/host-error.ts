/** The kinds of failure that the operator must act on. */
export type HostErrorCode =
  | 'bad-argument'
  | 'bad-config'
  | 'bad-component'
  | 'missing-import'
  | 'not-supported'
  | 'address-in-use'
  | 'overloaded'
  | 'stopped';

/**
 * A failure that the operator must act on. Its message says what happened, where, and what to do.
 *
 * @example
 * ```ts
 * try {
 *   await loadComponent('app.wasm');
 * } catch (error) {
 *   if (!(error instanceof HostError)) throw error;
 *   console.error(`${error.code}: ${error.message}`);
 * }
 * ```
 */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
