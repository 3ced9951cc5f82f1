import type { LoggedMessage } from '../../config/options.ts';

/** What a guest is granted of `wasi:logging`. Left out: its messages are lines of its stderr. */
export interface LoggingGrants {
  readonly logMessage?: ((message: LoggedMessage) => void) | undefined;
}

/** The options that `wasi:logging` has. */
export interface LoggingOptions {
  readonly logGuestMessage: ((message: LoggedMessage) => void) | undefined;
}

export function grantLogging({ logGuestMessage }: LoggingOptions): LoggingGrants {
  return { logMessage: logGuestMessage };
}
