/** The longest delay of a Node timer, about 24 days; with a longer one it fires after a millisecond. Source: Node's `setTimeout`, `TIMEOUT_MAX`. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
