import { lookup } from 'node:dns/promises';
import { BoundSocket } from 'node:net';
import { type Address, type ListeningSocket, toBindError } from '../../server/http1/listen.ts';

/** The socket of a worker: the descriptor behind those of its streams and its channel. */
export const INHERITED: ListeningSocket = Object.freeze({ fd: 4 });

/**
 * Binds the socket for `--addr`, of which each worker inherits a descriptor. Throws `HostError` if the address cannot be had.
 *
 * Workers listen and accept, the primary never does. What a worker that ends has not accepted stays for the others; what is not accepted when the
 * last descriptor is closed is lost. So in a stop the primary closes its own first, and each worker when nobody is about to connect.
 */
export async function bindSharedSocket(address: Address): Promise<BoundSocket> {
  try {
    const { address: host } = await lookup(address.hostname);
    return new BoundSocket({ host, port: address.port });
  } catch (error) {
    throw toBindError(error as NodeJS.ErrnoException, address, '--addr');
  }
}
