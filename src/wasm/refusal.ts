import { HostError } from '../util/host-error.ts';

/** The error for a module that violates the binary format. `offset` is in bytes from the module's start. */
export function malformed(what: string, offset: number): HostError {
  return new HostError(
    'bad-component',
    `core module: ${what} at byte offset ${offset}. The file is damaged; rebuild it`,
  );
}

/** The error for a module that uses features unknown to the rewriter. `offset` is in bytes from the module's start. */
export function notSupported(what: string, offset: number): HostError {
  return new HostError(
    'not-supported',
    `core module: ${what} at byte offset ${offset} is not supported. Build the guest without this feature`,
  );
}

/** The error for a module that needs more than the host permits: it runs in no engine. */
export function beyondLimit(what: string, offset: number): HostError {
  return new HostError(
    'bad-component',
    `core module: ${what} at byte offset ${offset}; raise the limit, or build the guest to need less`,
  );
}
