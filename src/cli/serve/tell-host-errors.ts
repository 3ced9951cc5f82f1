import type { Log } from '../../observe/log.ts';
import { HostError } from '../../util/host-error.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';

/** Runs `work`, and logs a `HostError` in the log's format. */
export async function tellHostErrors(log: Log, work: () => Promise<void>): Promise<ExitCode> {
  try {
    await work();
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    log({ at: 'notice', level: 'error', message: error.message });
    return EXIT.failed;
  }
}
