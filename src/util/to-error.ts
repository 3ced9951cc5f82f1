/** Converts whatever was thrown to an error with a message. */
export function toError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown;
    return new Error(String(thrown));
  } catch {
    // An object without a prototype cannot be converted to a string, and a getter may throw.
    return new Error('the thrown value cannot be converted to a string');
  }
}
