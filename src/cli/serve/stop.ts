import { createServer } from 'node:net';
import { basename } from 'node:path';
import { type Address, formatOrigin } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';

/** A pending request to stop the host. Disposing it removes the signal handlers. */
export interface Stop extends Disposable {
  /** Resolves to the cause of the first request. */
  readonly requested: Promise<string>;
  request(by: string): void;
}

/** The exit codes of a process ended by a signal: 128 plus the signal's number. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof EXIT_BY_SIGNAL;

/** Handles SIGINT, SIGTERM and SIGHUP: the first one requests a stop; SIGINT or SIGTERM after that calls `quit`. */
export function watchForStop(quit: (exitCode: number) => void): Stop {
  const { promise, resolve } = Promise.withResolvers<string>();
  let at: 'serving' | 'stopping' = 'serving';
  const request = (by: string): void => {
    at = 'stopping';
    resolve(by);
  };
  const onSignal = (signal: StopSignal): void => {
    if (at === 'stopping') quit(EXIT_BY_SIGNAL[signal]);
    else request(signal);
  };
  const signals = Object.keys(EXIT_BY_SIGNAL) as StopSignal[];
  for (const signal of signals) process.on(signal, onSignal);
  // A closing terminal may send it twice.
  const onHangup = (): void => {
    if (!isByNohup(process.env)) request('SIGHUP');
  };
  process.on('SIGHUP', onHangup);
  return {
    requested: promise,
    request,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal);
      process.off('SIGHUP', onHangup);
    },
  };
}

/**
 * Whether this process was started by nohup, and should outlive its terminal. Node restores the default action for a signal that its parent ignored
 * (measured: `SigIgn` in `/proc/self/status`), so the only evidence is what bash, zsh and ksh leave in `$_`.
 */
function isByNohup(env: NodeJS.ProcessEnv): boolean {
  return basename(env['_'] ?? '') === 'nohup';
}

/** An open port on which a connection requests a stop. */
export interface ShutdownPort extends Disposable {
  /** `tcp://127.0.0.1:9000/`, with the actual port. */
  readonly url: string;
}

/** Opens the port for `--shutdown-addr`, if given. Throws `HostError` if that fails. */
export async function listenForShutdown(address: Address | undefined, stop: Stop): Promise<ShutdownPort | undefined> {
  if (address === undefined) return undefined;
  const { hostname, port } = address;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.destroy();
    stop.request('a connection to the shutdown address');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new HostError('bad-config', `cannot listen on --shutdown-addr ${hostname}:${port}: ${error.message}`));
    });
    server.listen(port, hostname, resolve);
  });
  // A connection that fails to be accepted requests nothing.
  server.on('error', () => undefined);
  const bound = server.address();
  const realPort = bound !== null && typeof bound === 'object' ? bound.port : port;
  return {
    url: `${formatOrigin({ hostname, port: realPort }).replace('http:', 'tcp:')}/`,
    [Symbol.dispose]: () => void server.close(),
  };
}
