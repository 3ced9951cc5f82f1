import { Socket } from 'node:net';
import { OK, ok } from '../../util/result.ts';
import { type KernelOptions, type TcpOption, kernelOptions } from './kernel-options.ts';
import type { IpAddressFamily } from './network.ts';
import { type SocketResult, socketError } from './socket-error.ts';

/** What Node can set by itself, and what the system has if nothing was set. Source: tcp(7). */
const WITHOUT_KERNEL: Partial<Record<TcpOption, number>> = { 'keep-alive-enabled': 0, 'keep-alive-idle-time': 7200 };

/** What the kernel takes. Source: Linux, `MAX_TCP_KEEPIDLE` and the like in net/tcp.h. */
const MOST: Readonly<Record<TcpOption, number>> = {
  'keep-alive-enabled': 1,
  'keep-alive-idle-time': 32_767,
  'keep-alive-interval': 32_767,
  'keep-alive-count': 127,
  'hop-limit': 255,
  'receive-buffer-size': 2 ** 30,
  'send-buffer-size': 2 ** 30,
};

/** A socket, a server, or a bound socket that is neither yet. */
export interface SocketDescriptor {
  /** `undefined` if it is not open. */
  readonly fd: number | undefined;
  /** The socket, to which Node can apply some options. */
  readonly socket?: Socket;
}

/** The options of one TCP socket. What is set before it has a descriptor is kept until it has. */
export class TcpOptions {
  readonly #family: IpAddressFamily;
  readonly #kernel: KernelOptions | undefined;
  readonly #set = new Map<TcpOption, number>();

  constructor(family: IpAddressFamily, kernel: KernelOptions | undefined = kernelOptions()) {
    this.#family = family;
    this.#kernel = kernel;
  }

  get isChanged(): boolean {
    return this.#set.size > 0;
  }

  get(option: TcpOption, { fd }: SocketDescriptor): SocketResult<number> {
    const actual = fd === undefined ? undefined : this.#kernel?.get(fd, option, this.#family);
    const value = actual ?? this.#set.get(option) ?? this.#defaultOf(option);
    return value === undefined ? socketError('not-supported') : ok(value);
  }

  /** A value that is more than the system can have becomes the most that it can. */
  set(option: TcpOption, given: number | bigint, descriptor: SocketDescriptor): SocketResult<undefined> {
    if (this.#kernel === undefined && WITHOUT_KERNEL[option] === undefined) return socketError('not-supported');
    if (Number(given) === 0 && option !== 'keep-alive-enabled') return socketError('invalid-argument');
    this.#set.set(option, Math.min(Number(given), MOST[option]));
    return this.#apply(option, descriptor) ? OK : socketError('not-supported');
  }

  /** Applies all that was set to a socket that has got its descriptor. */
  applyTo(descriptor: SocketDescriptor): void {
    for (const option of this.#set.keys()) this.#apply(option, descriptor);
  }

  /** The options of a connection that was accepted. On Linux it has them from the kernel already. */
  inherit(descriptor: SocketDescriptor): TcpOptions {
    const options = new TcpOptions(this.#family);
    if (this.#kernel !== undefined) return options;
    for (const [option, value] of this.#set) options.#set.set(option, value);
    options.applyTo(descriptor);
    return options;
  }

  #defaultOf(option: TcpOption): number | undefined {
    return this.#kernel === undefined ? WITHOUT_KERNEL[option] : this.#kernel.defaultOf(option, this.#family);
  }

  #apply(option: TcpOption, { fd, socket }: SocketDescriptor): boolean {
    const value = this.#set.get(option) as number;
    if (this.#kernel !== undefined) {
      return fd === undefined || this.#kernel.set(fd, option, { family: this.#family, value });
    }
    const idleSeconds = this.#set.get('keep-alive-idle-time') ?? 0;
    socket?.setKeepAlive(this.#set.get('keep-alive-enabled') === 1, idleSeconds * 1000);
    return true;
  }
}

/** The descriptor of a socket or server of Node's, which has no public name there. */
export function descriptorOf(open: object): SocketDescriptor {
  const { _handle: handle } = open as { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
  return open instanceof Socket ? { fd, socket: open } : { fd };
}
