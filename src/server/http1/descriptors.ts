import { closeSync, openSync } from 'node:fs';

/** How often it is tried, which takes 5 to 30 µs: a burst of connections that finds none free mostly lasts longer. */
const LOOK_MS = 200;

/** Codes of `open`. Source: open(2). */
const NONE_FREE: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'this process has no file descriptor left (ulimit -n)'],
  ['ENFILE', 'this machine has no file descriptor left (fs.file-max)'],
]);

/**
 * Calls `tell` whenever it finds that no file descriptor is free. libuv closes connections then as soon as it has accepted them, and tells nobody; so
 * what is tried is to open a file: one of our own, which we may read under `--permission` too. Whoever calls this disposes it.
 */
export function watchDescriptors(tell: (what: string) => void): Disposable {
  const look = (): void => {
    const shortage = tryOpen();
    if (shortage !== undefined) tell(`connections are lost: ${shortage}`);
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** What is short, if it is descriptors. */
function tryOpen(): string | undefined {
  try {
    closeSync(openSync(import.meta.filename, 'r'));
    return undefined;
  } catch (error) {
    return NONE_FREE.get((error as NodeJS.ErrnoException).code ?? '');
  }
}
