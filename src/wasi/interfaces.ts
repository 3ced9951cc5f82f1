import { guardInterface } from '../abi/emit/guard.ts';
import { blobstore } from './blobstore/blobstore.ts';
import { container } from './blobstore/container.ts';
import { type BlobGrants, type BlobOptions, grantBlobs } from './blobstore/grants.ts';
import { blobstoreTypes } from './blobstore/types.ts';
import { type CliGrants, type CliOptions, grantCli } from './cli/grants.ts';
import { environment } from './cli/environment.ts';
import { exit } from './cli/exit.ts';
import { stderr, stdin, stdout } from './cli/stdio.ts';
import { terminalInput, terminalOutput, terminalStderr, terminalStdin, terminalStdout } from './cli/terminal.ts';
import { type ClocksGrants, grantClocks } from './clocks/grants.ts';
import { monotonicClock } from './clocks/monotonic-clock.ts';
import { wallClock } from './clocks/wall-clock.ts';
import { type ConfigGrants, type ConfigStoreOptions, grantConfig } from './config/grants.ts';
import { configStore } from './config/store.ts';
import type { CoreGrants } from './wasi-ctx.ts';
import type { WasiInterface } from './define-package.ts';
import { type FilesystemGrants, type FilesystemOptions, grantFilesystem } from './filesystem/grants.ts';
import { preopens } from './filesystem/preopens.ts';
import { filesystemTypes } from './filesystem/types.ts';
import { type HttpGrants, grantHttp } from './http/grants.ts';
import { outgoingHandler } from './http/outgoing-handler.ts';
import { httpTypes } from './http/types.ts';
import { error } from './io/error.ts';
import { poll } from './io/poll.ts';
import { streams } from './io/streams.ts';
import { atomics } from './keyvalue/atomics.ts';
import { batch } from './keyvalue/batch.ts';
import { type KeyValueGrants, type KeyValueOptions, grantKeyValue } from './keyvalue/grants.ts';
import { keyvalueStore } from './keyvalue/store.ts';
import { type LoggingGrants, type LoggingOptions, grantLogging } from './logging/grants.ts';
import { logging } from './logging/logging.ts';
import { insecure } from './random/insecure.ts';
import { insecureSeed } from './random/insecure-seed.ts';
import { random } from './random/random.ts';
import { type SocketsGrants, grantSockets } from './sockets/grants.ts';
import { instanceNetwork } from './sockets/instance-network.ts';
import { ipNameLookup } from './sockets/ip-name-lookup.ts';
import type { NetOptions } from './sockets/net-policy.ts';
import { network } from './sockets/network.ts';
import { spinKeyValue } from './spin/key-value.ts';
import { tcp } from './sockets/tcp.ts';
import { tcpCreateSocket } from './sockets/tcp-create-socket.ts';
import { udp } from './sockets/udp.ts';
import { udpCreateSocket } from './sockets/udp-create-socket.ts';

const INTERFACES: readonly WasiInterface[] = [
  error,
  poll,
  streams,
  monotonicClock,
  wallClock,
  random,
  insecure,
  insecureSeed,
  environment,
  exit,
  stdin,
  stdout,
  stderr,
  terminalInput,
  terminalOutput,
  terminalStdin,
  terminalStdout,
  terminalStderr,
  httpTypes,
  outgoingHandler,
  filesystemTypes,
  preopens,
  network,
  instanceNetwork,
  ipNameLookup,
  tcp,
  tcpCreateSocket,
  udp,
  udpCreateSocket,
  configStore,
  logging,
  keyvalueStore,
  atomics,
  batch,
  spinKeyValue,
  blobstoreTypes,
  container,
  blobstore,
];

/**
 * Every WASI interface that the host serves, with its types, and with functions that check their arguments. All are linked; what a guest may do
 * with them is up to its `Grants`.
 */
export const wasiInterfaces: readonly WasiInterface[] = Object.freeze(
  INTERFACES.map((host) => ({ ...host, ...guardInterface(host, host.params) })),
);

/** What a guest is granted, package by package. What is left out is the safe choice. */
export interface Grants
  extends
    CoreGrants,
    CliGrants,
    ClocksGrants,
    HttpGrants,
    ConfigGrants,
    FilesystemGrants,
    LoggingGrants,
    KeyValueGrants,
    BlobGrants,
    SocketsGrants {}

/** What grants are made of: options of the component, and what its host has for guests. */
export type GrantSources = CliOptions &
  Required<ClocksGrants> &
  Required<HttpGrants> &
  ConfigStoreOptions &
  FilesystemOptions &
  LoggingOptions &
  KeyValueOptions &
  BlobOptions &
  NetOptions;

/** What all guests of a component are granted alike. */
export function createGrants(sources: GrantSources): Omit<Grants, keyof CoreGrants> & ClocksGrants {
  return {
    ...grantCli(sources),
    ...grantClocks(sources),
    ...grantHttp(sources),
    ...grantConfig(sources),
    ...grantFilesystem(sources),
    ...grantLogging(sources),
    ...grantKeyValue(sources),
    ...grantBlobs(sources),
    ...grantSockets(sources),
  };
}

/** The same but for what others would notice: what a guest prints, logs, sends, stores, or does with files. */
export function withoutEffects(grants: Grants): Grants {
  const {
    writeOutput: _output,
    logMessage: _messages,
    sendRequest: _requests,
    keyValueStores: _stores,
    blobs: _blobs,
    directories: _files,
    net: _sockets,
    ...silent
  } = grants;
  return silent;
}
