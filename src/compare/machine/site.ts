import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pinning, createPinning } from './pinning.ts';
import { Processes } from './processes.ts';

/** What every measurement needs of the machine, and gives back when the run is over. */
export interface Site extends Disposable {
  readonly processes: Processes;
  readonly pinning: Pinning;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
  /** A new empty folder, removed with the site. */
  createFolder(purpose: string): string;
}

/** A site whose processes are killed and whose files are removed on disposal, and at the latest when our process exits. */
export function createSite(signal: AbortSignal): Site {
  const processes = new Processes();
  const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-bench-'));
  const clear = (): void => {
    processes.killAll();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', clear);
  return {
    processes,
    pinning: createPinning(),
    signal,
    createFolder: (purpose) => mkdtempSync(join(folder, `${purpose}-`)),
    [Symbol.dispose]: () => {
      process.off('exit', clear);
      clear();
    },
  };
}
