import type { ListeningSocket } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';

/** The first descriptor that systemd passes; others follow it. Source: sd_listen_fds(3). */
const FIRST_FD = 3;

/** No process has more descriptors than that. */
const COUNT = /^[1-9]\d{0,3}$/;

/**
 * The listening sockets that systemd has passed to process `pid`. Throws `HostError` if it has passed none.
 *
 * A socket unit says `ListenStream=8080`, and its service `ExecStart=/usr/bin/wasi-serve app.wasm --systemd-listenfd`: requests that come before the service
 * has started wait in the socket.
 */
export function passedSockets(env: NodeJS.ProcessEnv, pid: number): readonly ListeningSocket[] {
  const { LISTEN_PID: listenPid = '', LISTEN_FDS: count = '' } = env;
  if (listenPid === `${pid}` && COUNT.test(count)) {
    return Array.from({ length: Number(count) }, (_, index) => ({ fd: FIRST_FD + index }));
  }
  const found =
    listenPid === `${pid}`
      ? `LISTEN_FDS is '${count}', and has to be their number`
      : `LISTEN_PID is '${listenPid}', and this process is ${pid}`;
  throw new HostError(
    'bad-config',
    `--systemd-listenfd: no socket was passed to this process: ${found}. Start it from a systemd service that has a socket unit`,
  );
}
