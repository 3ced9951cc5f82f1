/**
 * Checked by tsc, never run: jco's declarations of WASI 0.2 hold our tables to the names, parameters and payloads of
 * the WIT. A method `blockingRead(len: bigint): Uint8Array` of a declared class `InputStream` demands an entry
 * `'[method]input-stream.blocking-read': (ctx, self: InputStream, len: bigint) => Uint8Array | Result<Uint8Array, …> | Promise<…>`.
 *
 * The declarations do not say what a function fails with, so errors are not checked.
 */
import type * as CliEnvironment from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-environment';
import type * as CliExit from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-exit';
import type * as CliStderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stderr';
import type * as CliStdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdin';
import type * as CliStdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-stdout';
import type * as CliTerminalInput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-input';
import type * as CliTerminalOutput from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-output';
import type * as CliTerminalStderr from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stderr';
import type * as CliTerminalStdin from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdin';
import type * as CliTerminalStdout from '@bytecodealliance/preview2-shim/interfaces/wasi-cli-terminal-stdout';
import type * as ClocksMonotonicClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-monotonic-clock';
import type * as ClocksWallClock from '@bytecodealliance/preview2-shim/interfaces/wasi-clocks-wall-clock';
import type * as FilesystemPreopens from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-preopens';
import type * as FilesystemTypes from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type * as HttpOutgoingHandler from '@bytecodealliance/preview2-shim/interfaces/wasi-http-outgoing-handler';
import type * as HttpTypes from '@bytecodealliance/preview2-shim/interfaces/wasi-http-types';
import type * as IoErrors from '@bytecodealliance/preview2-shim/interfaces/wasi-io-error';
import type * as IoPoll from '@bytecodealliance/preview2-shim/interfaces/wasi-io-poll';
import type * as IoStreams from '@bytecodealliance/preview2-shim/interfaces/wasi-io-streams';
import type * as RandomInsecure from '@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure';
import type * as RandomInsecureSeed from '@bytecodealliance/preview2-shim/interfaces/wasi-random-insecure-seed';
import type * as RandomRandom from '@bytecodealliance/preview2-shim/interfaces/wasi-random-random';
import type * as SocketsInstanceNetwork from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-instance-network';
import type * as SocketsIpNameLookup from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-ip-name-lookup';
import type * as SocketsNetwork from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network';
import type * as SocketsTcp from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp';
import type * as SocketsTcpCreateSocket from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp-create-socket';
import type * as SocketsUdp from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp';
import type * as SocketsUdpCreateSocket from '@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp-create-socket';
import type { Result } from '../../src/util/result.ts';
import { environment } from '../../src/wasi/cli/environment.ts';
import { exit } from '../../src/wasi/cli/exit.ts';
import { stderr, stdin, stdout } from '../../src/wasi/cli/stdio.ts';
import {
  type TerminalInput,
  type TerminalOutput,
  terminalInput,
  terminalOutput,
  terminalStderr,
  terminalStdin,
  terminalStdout,
} from '../../src/wasi/cli/terminal.ts';
import { monotonicClock } from '../../src/wasi/clocks/monotonic-clock.ts';
import { wallClock } from '../../src/wasi/clocks/wall-clock.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import type { Descriptor } from '../../src/wasi/filesystem/descriptor.ts';
import type { DirectoryEntryStream } from '../../src/wasi/filesystem/directory-entry-stream.ts';
import { preopens } from '../../src/wasi/filesystem/preopens.ts';
import { filesystemTypes } from '../../src/wasi/filesystem/types.ts';
import type { Fields } from '../../src/wasi/http/fields.ts';
import type { FutureIncomingResponse } from '../../src/wasi/http/future-incoming-response.ts';
import type { FutureTrailers, IncomingBody, IncomingRequest, IncomingResponse } from '../../src/wasi/http/incoming.ts';
import type { OutgoingBody } from '../../src/wasi/http/outgoing-body.ts';
import { outgoingHandler } from '../../src/wasi/http/outgoing-handler.ts';
import type { OutgoingRequest, OutgoingResponse } from '../../src/wasi/http/outgoing.ts';
import type { RequestOptions } from '../../src/wasi/http/request-options.ts';
import type { ResponseOutparam } from '../../src/wasi/http/response-outparam.ts';
import { httpTypes } from '../../src/wasi/http/types.ts';
import type { IoError } from '../../src/io/io-error.ts';
import { error } from '../../src/wasi/io/error.ts';
import type { InputStream } from '../../src/wasi/io/input-stream.ts';
import type { OutputStream } from '../../src/wasi/io/output-stream.ts';
import { type Pollable, poll } from '../../src/wasi/io/poll.ts';
import { streams } from '../../src/wasi/io/streams.ts';
import { insecure } from '../../src/wasi/random/insecure.ts';
import { insecureSeed } from '../../src/wasi/random/insecure-seed.ts';
import { random } from '../../src/wasi/random/random.ts';
import { instanceNetwork } from '../../src/wasi/sockets/instance-network.ts';
import { ipNameLookup } from '../../src/wasi/sockets/ip-name-lookup.ts';
import { type Network, network } from '../../src/wasi/sockets/network.ts';
import { tcp } from '../../src/wasi/sockets/tcp.ts';
import type { IncomingDatagramStream } from '../../src/wasi/sockets/incoming-datagram-stream.ts';
import type { OutgoingDatagramStream } from '../../src/wasi/sockets/outgoing-datagram-stream.ts';
import type { ResolveAddressStream } from '../../src/wasi/sockets/resolve-address-stream.ts';
import type { TcpSocket } from '../../src/wasi/sockets/tcp-socket.ts';
import type { UdpSocket } from '../../src/wasi/sockets/udp-socket.ts';
import { tcpCreateSocket } from '../../src/wasi/sockets/tcp-create-socket.ts';
import { udp } from '../../src/wasi/sockets/udp.ts';
import { udpCreateSocket } from '../../src/wasi/sockets/udp-create-socket.ts';

/** A resource as jco declares it, and the class of our reps. Those that no guest ever holds are left out. */
type Reps<Bare> =
  | [IoErrors.Error, IoError]
  | [IoPoll.Pollable, Pollable]
  | [IoStreams.InputStream, InputStream]
  | [IoStreams.OutputStream, OutputStream]
  | [HttpTypes.Fields, Fields]
  | [HttpTypes.FutureIncomingResponse, FutureIncomingResponse]
  | [HttpTypes.FutureTrailers, FutureTrailers]
  | [HttpTypes.IncomingBody, IncomingBody]
  | [HttpTypes.IncomingRequest, IncomingRequest]
  | [HttpTypes.IncomingResponse, IncomingResponse]
  | [HttpTypes.OutgoingBody, OutgoingBody]
  | [HttpTypes.OutgoingRequest, OutgoingRequest]
  | [HttpTypes.OutgoingResponse, OutgoingResponse]
  | [HttpTypes.RequestOptions, RequestOptions]
  | [SocketsIpNameLookup.ResolveAddressStream, ResolveAddressStream]
  | [SocketsTcp.TcpSocket, TcpSocket]
  | [SocketsUdp.UdpSocket, UdpSocket]
  | [SocketsUdp.IncomingDatagramStream, IncomingDatagramStream]
  | [SocketsUdp.OutgoingDatagramStream, OutgoingDatagramStream]
  // Declared classes without methods cannot be distinguished: each interface states which one it means.
  | [FilesystemTypes.Descriptor, Descriptor]
  | [FilesystemTypes.DirectoryEntryStream, DirectoryEntryStream]
  | [SocketsNetwork.Network, Bare];

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Our class for the declared resource `T`; `never` if `T` is not one. */
type RepOf<T, Rep> = Rep extends [infer Declared, infer Ours]
  ? Equals<T, Declared> extends true
    ? Ours
    : never
  : never;

type Primitive = string | number | bigint | boolean | undefined | Uint8Array | Uint32Array;

/** The declared type `T` in our shapes, as a parameter. */
type ToValue<T, Rep> = T extends Primitive
  ? T
  : [T] extends [void]
    ? undefined
    : [RepOf<T, Rep>] extends [never]
      ? { [K in keyof T]-?: ToValue<T[K], Rep> | (object extends Pick<T, K> ? undefined : never) }
      : RepOf<T, Rep>;

/** As `ToValue`, as a result: lists need not be mutable. */
type ToResult<T, Rep> = ToValue<T, Rep> extends infer V ? (V extends readonly unknown[] ? DeepReadonly<V> : V) : never;
type DeepReadonly<V> = V extends readonly unknown[] ? { readonly [K in keyof V]: DeepReadonly<V[K]> } : V;

/** `blockingRead` and `InputStream` as WIT spells them. */
type Kebab<S extends string> = S extends `${infer Head}${infer Tail}` ? `${Lowercase<Head>}${KebabTail<Tail>}` : S;
type KebabTail<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? '' : '-'}${Lowercase<Head>}${KebabTail<Tail>}`
  : S;

type Args<P extends readonly unknown[], Rep> = { [I in keyof P]: ToValue<P[I], Rep> };
type Returns<R, Rep> = MaybeFails<ToResult<R, Rep>> | Promise<MaybeFails<ToResult<R, Rep>>>;
type MaybeFails<V> = V | Result<V, unknown> | (undefined extends V ? void : never);

/** What serves the declared function `F`; `Self` is `[]` or the rep of a method. */
type Serves<F, Self extends readonly unknown[], Rep> = F extends (...args: infer P) => infer R
  ? (ctx: WasiCtx, ...args: [...Self, ...Args<P, Rep>]) => Returns<R, Rep>
  : never;

type Methods<Name extends string, T, Rep> = {
  [K in keyof T & string as `[method]${Kebab<Name>}.${Kebab<K>}`]: Serves<T[K], [RepOf<T, Rep>], Rep>;
};

type Statics<Name extends string, C, Rep> = {
  [K in Exclude<keyof C, 'prototype'> & string as `[static]${Kebab<Name>}.${Kebab<K>}`]: Serves<C[K], [], Rep>;
};

type Constructor<Name extends string, C, Rep> = C extends abstract new (...args: infer P) => infer R
  ? { [K in `[constructor]${Kebab<Name>}`]: Serves<(...args: P) => R, [], Rep> }
  : unknown;

/** The entries that one export of a declared interface, a function or a class, demands. */
type Entries<Name extends string, E, Rep> = E extends (...args: never[]) => unknown
  ? { [K in Kebab<Name>]: Serves<E, [], Rep> }
  : E extends { prototype: infer T }
    ? Methods<Name, T, Rep> & Statics<Name, E, Rep> & Constructor<Name, E, Rep>
    : unknown;

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

/** The least that `funcs` of a host interface must have to serve the declared interface `M`. */
type Funcs<M, Bare = Network> = Intersection<
  { [K in keyof M & string]: Entries<K, M[K], Reps<Bare>> }[keyof M & string]
>;

export const checked = [
  environment.funcs satisfies Funcs<typeof CliEnvironment>,
  exit.funcs satisfies Funcs<typeof CliExit>,
  stdin.funcs satisfies Funcs<typeof CliStdin>,
  stdout.funcs satisfies Funcs<typeof CliStdout>,
  stderr.funcs satisfies Funcs<typeof CliStderr>,
  terminalInput.funcs satisfies Funcs<typeof CliTerminalInput>,
  terminalOutput.funcs satisfies Funcs<typeof CliTerminalOutput>,
  terminalStdin.funcs satisfies Funcs<typeof CliTerminalStdin, TerminalInput>,
  terminalStdout.funcs satisfies Funcs<typeof CliTerminalStdout, TerminalOutput>,
  terminalStderr.funcs satisfies Funcs<typeof CliTerminalStderr, TerminalOutput>,
  monotonicClock.funcs satisfies Funcs<typeof ClocksMonotonicClock>,
  wallClock.funcs satisfies Funcs<typeof ClocksWallClock>,
  preopens.funcs satisfies Funcs<typeof FilesystemPreopens>,
  filesystemTypes.funcs satisfies Funcs<typeof FilesystemTypes>,
  httpTypes.funcs satisfies Funcs<typeof HttpTypes, ResponseOutparam>,
  outgoingHandler.funcs satisfies Funcs<typeof HttpOutgoingHandler>,
  error.funcs satisfies Funcs<typeof IoErrors>,
  poll.funcs satisfies Funcs<typeof IoPoll>,
  streams.funcs satisfies Funcs<typeof IoStreams>,
  random.funcs satisfies Funcs<typeof RandomRandom>,
  insecure.funcs satisfies Funcs<typeof RandomInsecure>,
  insecureSeed.funcs satisfies Funcs<typeof RandomInsecureSeed>,
  network.funcs satisfies Funcs<typeof SocketsNetwork>,
  instanceNetwork.funcs satisfies Funcs<typeof SocketsInstanceNetwork>,
  ipNameLookup.funcs satisfies Funcs<typeof SocketsIpNameLookup>,
  tcp.funcs satisfies Funcs<typeof SocketsTcp>,
  tcpCreateSocket.funcs satisfies Funcs<typeof SocketsTcpCreateSocket>,
  udp.funcs satisfies Funcs<typeof SocketsUdp>,
  udpCreateSocket.funcs satisfies Funcs<typeof SocketsUdpCreateSocket>,
];

type Read = Funcs<typeof IoStreams>['[method]input-stream.read'];
type Consume = Funcs<typeof HttpTypes, ResponseOutparam>['[method]incoming-request.consume'];
type Accepts<Right, Ours> = Ours extends Right ? true : false;

/** That the check can fail: on a parameter, on `self`, on a payload, on a resource. */
export const accepted: [
  Accepts<Read, (ctx: WasiCtx, self: InputStream, len: bigint) => Promise<Result<Uint8Array, string>>>,
  Accepts<Read, (ctx: WasiCtx, self: InputStream, len: number) => Uint8Array>,
  Accepts<Read, (ctx: WasiCtx, self: OutputStream, len: bigint) => Uint8Array>,
  Accepts<Read, (ctx: WasiCtx, self: InputStream, len: bigint) => Result<string, string>>,
  Accepts<Consume, (ctx: WasiCtx, self: IncomingRequest) => Result<IncomingRequest, undefined>>,
] = [true, false, false, false, false];
