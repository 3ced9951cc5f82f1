/** What was thrown, as an error, whatever it is. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describeThrown(thrown));
}

/** Not everything has a text: an object without a prototype has none. */
function describeThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something was thrown that has no text';
  }
}
