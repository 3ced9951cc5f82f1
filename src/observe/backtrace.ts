/** The most frames that are shown. */
const MAX_FRAMES = 32;

/** Errors that say what the guest did; all others are the host's own, and its frames matter. */
const GUEST_ERROR = /^(?:Trap|Cancelled|RuntimeError)\b/;

/**
 * The frames of a V8 stack that help: the guest's, and for an error that is the host's own also the host's.
 *
 * Those of jco's glue and of Node never do. Shape: `at <name> (wasm-function[12]:0x1a2b)`, each without indent.
 */
export function backtraceFrames(trace: string): string[] {
  const keeps = GUEST_ERROR.test(trace) ? isGuestFrame : isOwnFrame;
  const frames = trace.split('\n').filter((line) => /^\s+at /.test(line) && keeps(line));
  const shown = frames.slice(0, MAX_FRAMES).map(shorten);
  return frames.length > MAX_FRAMES ? [...shown, `… ${frames.length - MAX_FRAMES} more`] : shown;
}

function isGuestFrame(frame: string): boolean {
  return frame.includes('wasm://');
}

function isOwnFrame(frame: string): boolean {
  return !frame.includes('jco-glue:') && !/[( ]node:/.test(frame) && !frame.includes('/node_modules/');
}

/** V8 names the module by a hash, which says nothing: `wasm://wasm/380adbba:wasm-function[1]:0xdf`. */
function shorten(frame: string): string {
  return frame.trim().replace(/wasm:\/\/wasm\/.*?:?(?=wasm-function\[)/, '');
}
