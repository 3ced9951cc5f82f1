/** One who served for less is taken for one who cannot serve. */
export const SHORT_LIFE_MS = 1000;

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** How long a worker's place stays empty after so many short lives in a row: at first not at all, then twice as long each time. */
export function toDelayMs(shortLives: number): number {
  return shortLives < 2 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (shortLives - 2));
}
