/** The most frames to show. */
const MAX_FRAMES = 32;

/** Errors about what the guest did. All others are the host's own, for which the host's frames matter. */
const GUEST_ERROR = /^(?:Trap|Cancelled|RuntimeError)\b/;

/**
 * The useful frames of a V8 stack: the guest's, and, for an error of the host itself, the host's too.
 *
 * Frames of jco's glue and of Node are left out. Shape: `at <name> (wasm-function[12]:0x1a2b)`, not indented.
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

/** Drops V8's hash of the module, which is of no use: `wasm://wasm/380adbba:wasm-function[1]:0xdf`. */
function shorten(frame: string): string {
  return frame.trim().replace(/wasm:\/\/wasm\/.*?:?(?=wasm-function\[)/, '');
}
