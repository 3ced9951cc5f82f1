import type { ListeningSocket } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';

/** The first descriptor that systemd passes. Source: sd_listen_fds(3). */
const FIRST: ListeningSocket = Object.freeze({ fd: 3 });

/**
 * The listening socket that systemd has passed to process `pid`. Throws `HostError` if it has passed none, or several.
 *
 * A socket unit says `ListenStream=8080`, and its service `ExecStart=/usr/bin/wasi-serve app.wasm --systemd-listenfd`: requests that come before the service
 * has started wait in the socket.
 */
export function passedSocket(env: NodeJS.ProcessEnv, pid: number): ListeningSocket {
  const { LISTEN_PID: listenPid = '', LISTEN_FDS: count = '' } = env;
  if (listenPid === `${pid}` && count === '1') return FIRST;
  const found =
    listenPid === `${pid}`
      ? `LISTEN_FDS is '${count}', and has to be 1`
      : `LISTEN_PID is '${listenPid}', and this process is ${pid}`;
  throw new HostError(
    'bad-config',
    `--systemd-listenfd: no socket was passed to this process: ${found}. Start it from a systemd service that has a socket unit`,
  );
}
