import { type LookupAddress, lookup } from 'node:dns';
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { type Readiness, Wakers } from '../../io/readiness.ts';
import { ok } from '../../util/result.ts';
import { toError } from '../../util/to-error.ts';
import { Parent } from '../io/parent.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { RequestSockets } from './request-sockets.ts';
import { type WitIpAddress, toWitIpAddress } from './socket-address.ts';
import { type SocketErrorCode, type SocketResult, socketError, toSocketErrorCode } from './socket-error.ts';

type State =
  | { readonly at: 'waiting' }
  | { readonly at: 'resolved'; readonly addresses: string[] }
  | { readonly at: 'failed'; readonly code: SocketErrorCode };

/** What no name has, though a URL may: it would be the end of the host. */
const NOT_OF_A_NAME = /[\0- /?#\\@:%\u007f]/;

/** `resolve-address-stream` of `wasi:sockets/ip-name-lookup`: a lookup under way, or what it found. */
export class ResolveAddressStream implements Readiness, Disposable {
  readonly children = new Parent('resolve-address-stream');
  readonly #wakers = new Wakers();
  readonly #sockets: RequestSockets;
  #state: State = { at: 'waiting' };

  private constructor(sockets: RequestSockets) {
    this.#sockets = sockets;
  }

  /** An address is its own result. Otherwise the name may be Unicode; the operating system resolves it. */
  static start(ctx: WasiCtx, text: string): SocketResult<ResolveAddressStream> {
    const sockets = ctx.state(RequestSockets);
    const name = toName(text);
    if (!sockets.mayLookUp(name ?? '')) return socketError('permanent-resolver-failure');
    if (name === undefined) return socketError('invalid-argument');
    const stream = new ResolveAddressStream(sockets);
    const address = toAddress(name);
    if (address !== undefined) stream.#state = { at: 'resolved', addresses: [address] };
    else if (!stream.#lookUp(name)) return socketError('new-socket-limit');
    return ok(stream);
  }

  /** `undefined` after the last one. */
  next(): SocketResult<WitIpAddress | undefined> {
    if (this.#state.at === 'waiting') return socketError('would-block');
    if (this.#state.at === 'failed') return socketError(this.#state.code);
    const address = this.#state.addresses.shift();
    return ok(address === undefined ? undefined : toWitIpAddress(address));
  }

  isReady(): boolean {
    return this.#state.at !== 'waiting';
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
  }

  /** A lookup cannot be called back: it counts as one of the request's sockets until it is done. Returns whether there is room for it. */
  #lookUp(name: string): boolean {
    const place: Disposable = { [Symbol.dispose]: () => {} };
    if (!this.#sockets.open(place)) return false;
    void this.#sockets.lookupTurns.take((end) => {
      this.#begin(name, (error, found) => {
        end();
        this.#sockets.closed(place);
        if (error === null) this.#resolved(name, found);
        else this.#settle({ at: 'failed', code: toSocketErrorCode(error) });
      });
    });
    return true;
  }

  /** Node may refuse to look up anything: with `--permission`, for example. */
  #begin(name: string, callback: (error: Error | null, found: readonly LookupAddress[]) => void): void {
    const lookUp = this.#sockets.lookupAll ?? lookup;
    try {
      lookUp(name, { all: true, order: 'verbatim' }, callback);
    } catch (error) {
      callback(toError(error), []);
    }
  }

  #resolved(name: string, found: readonly LookupAddress[]): void {
    const addresses = found.map(({ address }) => address);
    this.#sockets.resolved(name, addresses);
    this.#settle({ at: 'resolved', addresses });
  }

  #settle(state: State): void {
    this.#state = state;
    this.#wakers.wake();
  }
}

/** Source: RFC 1035, 2.3.4. */
const MAX_NAME_LENGTH = 255;

/** In lower case, and in ASCII (IDNA); an IPv6 address, without brackets. */
function toName(text: string): string | undefined {
  const unbracketed = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIPv6(unbracketed) && !unbracketed.includes('%')) return unbracketed;
  if (text.length > MAX_NAME_LENGTH || NOT_OF_A_NAME.test(text)) return undefined;
  return domainToASCII(text) || undefined;
}

/** `domainToASCII` has already made one of other forms of IPv4 addresses, such as `127.1`. */
function toAddress(name: string): string | undefined {
  return isIPv6(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name) ? name : undefined;
}
