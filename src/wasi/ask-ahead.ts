/**
 * Functions whose results do not depend on the request, and that do nothing but return them. What they say of time and randomness was true before the
 * request came, which its guest cannot tell from a request that took longer to arrive.
 */
const ASKED_AHEAD: ReadonlySet<string> = new Set([
  'wasi:cli/environment#get-environment',
  'wasi:cli/environment#get-arguments',
  'wasi:cli/environment#initial-cwd',
  'wasi:cli/stdin#get-stdin',
  'wasi:cli/stdout#get-stdout',
  'wasi:cli/stderr#get-stderr',
  'wasi:cli/terminal-stdin#get-terminal-stdin',
  'wasi:cli/terminal-stdout#get-terminal-stdout',
  'wasi:cli/terminal-stderr#get-terminal-stderr',
  'wasi:clocks/monotonic-clock#now',
  'wasi:clocks/monotonic-clock#resolution',
  'wasi:clocks/wall-clock#now',
  'wasi:clocks/wall-clock#resolution',
  'wasi:config/store#get',
  'wasi:config/store#get-all',
  'wasi:filesystem/preopens#get-directories',
  'wasi:random/insecure#get-insecure-random-bytes',
  'wasi:random/insecure#get-insecure-random-u64',
  'wasi:random/insecure-seed#insecure-seed',
  'wasi:random/random#get-random-bytes',
  'wasi:random/random#get-random-u64',
]);

/** Whether a guest may call the function of this name, as WASI's own is implemented here, before its request has come. */
export function mayAskAhead(name: string): boolean {
  return ASKED_AHEAD.has(name.replace(/@[^#]*/, ''));
}
