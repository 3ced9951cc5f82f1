import { closeSync, openSync } from 'node:fs';

/** How often to check, which takes 5 to 30 µs: a burst of connections that uses up all descriptors usually lasts longer. */
const CHECK_MS = 200;

/** What to say for an error code of `open`. Source: open(2). */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'this process has no file descriptor left (ulimit -n)'],
  ['ENFILE', 'this machine has no file descriptor left (fs.file-max)'],
]);

/**
 * Calls `tell` each time it finds that no file descriptor is free. libuv then closes connections as soon as it has accepted them, without an error, so
 * this tries to open a file: one of our own, which we may read under `--permission` too. Whoever calls this disposes the result.
 */
export function watchDescriptors(tell: (what: string) => void): Disposable {
  const check = (): void => {
    const shortage = tryOpen();
    if (shortage !== undefined) tell(`connections are lost: ${shortage}`);
  };
  const timer = setInterval(check, CHECK_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Says which descriptors are used up, if any are. */
function tryOpen(): string | undefined {
  try {
    closeSync(openSync(import.meta.filename, 'r'));
    return undefined;
  } catch (error) {
    return SHORTAGES.get((error as NodeJS.ErrnoException).code ?? '');
  }
}
