import { HostError } from '../util/host-error.ts';

/** A module that breaks the binary format. `offset` counts bytes from the module's first. */
export function malformed(what: string, offset: number): HostError {
  return new HostError(
    'bad-component',
    `core module: ${what} at byte offset ${offset}. The file is damaged; build it again`,
  );
}

/** A module that uses what the rewriter cannot follow. `offset` counts bytes from the module's first. */
export function notSupported(what: string, offset: number): HostError {
  return new HostError(
    'not-supported',
    `core module: ${what} at byte offset ${offset} is not supported. Build the guest without this feature`,
  );
}

/** A module that asks for more than the host permits: no engine runs it. */
export function beyondLimit(what: string, offset: number): HostError {
  return new HostError(
    'bad-component',
    `core module: ${what} at byte offset ${offset}; raise the limit, or build the guest to need less`,
  );
}
