import { runAll } from '../../util/bug.ts';
import { parseIpAddress } from '../../util/ip-network.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { LookupAll, SocketsGrants } from './grants.ts';
import { LookupTurns } from '../../io/lookup-turns.ts';
import type { AddressUse, NetPolicy } from './net-policy.ts';
import type { SocketEndpoint } from './socket-address.ts';

/** The memory of an open socket: what is read ahead of the guest, the objects, and something for the kernel's own. */
const SOCKET_HELD_BYTES = 96 * 1024;

/** The memory of a name that an address was found for; a name has at most 255 characters. */
const RESOLVED_HELD_BYTES = 1024;

/** All sockets of one request, and its lookups under way. They end with it. */
export class RequestSockets implements Disposable {
  readonly #ctx: WasiCtx<SocketsGrants>;
  readonly #open = new Set<Disposable>();
  readonly lookupTurns = new LookupTurns();
  /** What names the guest has resolved, by address. */
  readonly #resolved = new Map<bigint, Set<string>>();

  constructor(ctx: WasiCtx<SocketsGrants>) {
    this.#ctx = ctx;
  }

  get mayUseTcp(): boolean {
    return this.#policy?.tcp === true;
  }

  get mayUseUdp(): boolean {
    return this.#policy?.udp === true;
  }

  /** `undefined`: the operating system's. */
  get lookupAll(): LookupAll | undefined {
    return this.#ctx.grants.lookupAll;
  }

  mayLookUp(name: string): boolean {
    return this.#policy?.mayLookUp(name) === true;
  }

  mayUse(endpoint: SocketEndpoint, use: AddressUse): boolean {
    return this.#policy?.mayUse(endpoint, use, this.#resolved) === true;
  }

  /** `name` has these addresses, as far as this request goes. */
  resolved(name: string, addresses: readonly string[]): void {
    for (const text of addresses) {
      const address = parseIpAddress(text);
      if (address === undefined) continue;
      const names = this.#resolved.get(address) ?? new Set();
      if (names.has(name)) continue;
      this.#ctx.held.takeOrEnd(RESOLVED_HELD_BYTES);
      this.#resolved.set(address, names.add(name));
    }
  }

  /** Counts a socket, which is disposed with the request. Returns `false` if the request may have no more. */
  open(socket: Disposable): boolean {
    const { limits, held, grants } = this.#ctx;
    if (this.#open.size >= limits.maxSockets) {
      grants.tell?.(`a socket was denied: more than ${limits.maxSockets} of one request (--limit sockets)`);
      return false;
    }
    if (!held.tryTake(SOCKET_HELD_BYTES)) return false;
    this.#open.add(socket);
    return true;
  }

  /** The socket is closed. */
  closed(socket: Disposable): void {
    if (this.#open.delete(socket)) this.#ctx.held.giveBack(SOCKET_HELD_BYTES);
  }

  [Symbol.dispose](): void {
    this.lookupTurns[Symbol.dispose]();
    const open = [...this.#open];
    this.#open.clear();
    runAll(open.map((socket) => () => socket[Symbol.dispose]()));
  }

  get #policy(): NetPolicy | undefined {
    return this.#ctx.grants.net;
  }
}
