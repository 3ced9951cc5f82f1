const FRAMES = 64;

/** Guests' backtraces need more than V8's default of ten frames, many of which are glue. */
export function keepLongTraces(): void {
  Error.stackTraceLimit = FRAMES;
}
