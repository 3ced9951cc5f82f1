/** A worker that served for less than this is assumed to be unable to serve. */
export const SHORT_LIFE_MS = 1000;

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** How long to wait before the next worker after so many short-lived ones in a row: not at all at first, then twice as long each time. */
export function toBackoffMs(shortLives: number): number {
  return shortLives < 2 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (shortLives - 2));
}
