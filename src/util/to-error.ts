/** What was thrown, as an error with a message, whatever it is. */
export function toError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown;
    return new Error(String(thrown));
  } catch {
    // An object without a prototype has no text, and a getter may throw.
    return new Error('something was thrown that has no text');
  }
}
