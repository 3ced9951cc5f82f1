import { closeSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { BoundSocket } from 'node:net';
import { type Address, type ListeningSocket, toBindError } from '../../server/http1/listen.ts';

/** A worker's listening socket: the first descriptor after its standard streams and its channel. */
export const INHERITED: ListeningSocket = Object.freeze({ fd: 4 });

/** The primary's descriptor of the socket, until it is disposed. */
export type SharedSocket = Pick<BoundSocket, 'fd'> & Disposable;

/**
 * Binds the socket for `--addr`, unless it was passed; each worker inherits a descriptor of it. Throws `HostError` if the address cannot be bound.
 *
 * Workers listen and accept; the primary never does. Connections that a worker has not accepted when it ends stay in the queue for the others; those
 * not accepted when the last descriptor closes are lost. So on shutdown the primary closes its own first, and each worker once no client is about to
 * connect.
 */
export async function bindSharedSocket(address: Address | ListeningSocket): Promise<SharedSocket> {
  if ('fd' in address) return ofPassed(address);
  try {
    const { address: host } = await lookup(address.hostname);
    return new BoundSocket({ host, port: address.port });
  } catch (error) {
    throw toBindError(error as NodeJS.ErrnoException, address, '--addr');
  }
}

/** A second disposal does nothing, as with a socket that was bound. */
function ofPassed({ fd }: ListeningSocket): SharedSocket {
  let isOpen = true;
  return {
    fd: () => fd,
    [Symbol.dispose]: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
