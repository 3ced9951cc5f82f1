import { closeSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { BoundSocket } from 'node:net';
import { type Address, type ListeningSocket, toBindError } from '../../server/http1/listen.ts';

type Target = Address | ListeningSocket;

/** The first descriptor after a worker's standard streams and its channel. */
const FIRST_FD = 4;

/** A worker's listening sockets, which it inherits in the order of the plan. */
export function toInherited(targets: readonly Target[]): readonly ListeningSocket[] {
  return targets.map((_, index) => ({ fd: FIRST_FD + index }));
}

/** The primary's descriptors of the sockets, until they are disposed. */
export interface SharedSockets extends Disposable {
  readonly fds: readonly number[];
}

/** A socket of the primary. */
type SharedSocket = Pick<BoundSocket, 'fd'> & Disposable;

/**
 * Binds the sockets for `--addr`, unless they were passed; each worker inherits descriptors of them. Throws `HostError` if an address cannot be bound.
 *
 * Workers listen and accept; the primary never does. Connections that a worker has not accepted when it ends stay in the queue for the others; those
 * not accepted when the last descriptor closes are lost. So on shutdown the primary closes its own first, and each worker once no client is about to
 * connect.
 */
export async function bindSharedSockets(targets: readonly Target[]): Promise<SharedSockets> {
  using binding = new DisposableStack();
  const fds: number[] = [];
  for (const target of targets) fds.push(binding.use(await bindOne(target)).fd());
  const bound = binding.move();
  return { fds, [Symbol.dispose]: () => bound.dispose() };
}

async function bindOne(target: Target): Promise<SharedSocket> {
  if ('fd' in target) return { fd: () => target.fd, [Symbol.dispose]: () => closeSync(target.fd) };
  try {
    const { address: host } = await lookup(target.hostname);
    return new BoundSocket({ host, port: target.port });
  } catch (error) {
    throw toBindError(error as NodeJS.ErrnoException, target, '--addr');
  }
}
