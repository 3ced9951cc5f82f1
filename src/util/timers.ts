/** The longest delay that a timer of Node's takes, about 24 days; a longer one is over in a millisecond. Source: Node's `setTimeout`, `TIMEOUT_MAX`. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
