import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../../util/host-error.ts';
import type { Child, Command } from '../machine/processes.ts';
import type { Site } from '../machine/site.ts';
import type { Probe } from '../requests/probe.ts';
import { type Endpoint, exchange } from '../wire/exchange.ts';

/** A server that answers. Disposing ends its processes. */
export interface StartedServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly child: Child;
  /** From the start of its process to the end of its first reply, or of the first connection on which it gave none. */
  readonly startMs: number;
}

/** How a server is started. */
export interface Start {
  /** For messages. */
  readonly name: string;
  readonly toCommand: (address: string) => Command;
  /** What it has to answer. */
  readonly probe: Probe;
  readonly timeoutMs: number;
}

const HOSTNAME = '127.0.0.1';
/** For the last lines of a server that has just ended to be read. */
const LAST_WORDS_MS = 300;
const LAST_LINES = 8;

/** Starts a server on the server's cores and waits until it answers a request, however. Throws `HostError` if it does not. */
export async function startPeer(site: Site, { name, toCommand, probe, timeoutMs }: Start): Promise<StartedServer> {
  const endpoint = { hostname: HOSTNAME, port: await findFreePort() };
  const command = toCommand(`${HOSTNAME}:${endpoint.port}`);
  await using starting = new AsyncDisposableStack();
  const startedMs = performance.now();
  const child = starting.use(site.processes.start(site.pinning.pinServer(command, 1)));
  const deadlineMs = startedMs + timeoutMs;
  for (;;) {
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw failure(name, child, `gave no reply within ${timeoutMs / 1000} s of its start`);
    site.signal.throwIfAborted();
    if (child.end !== undefined) {
      await Promise.race([child.closed, sleep(LAST_WORDS_MS)]);
      throw failure(name, child, child.how ?? 'ended');
    }
    const found = await Promise.race([answers(endpoint, probe, leftMs), child.closed.then(() => false)]);
    if (found) break;
    // At intervals of a hundredth of the time gone by, so that the measured time is at most 1 % too long.
    await sleep(Math.max(1, (performance.now() - startedMs) / 100));
  }
  const startMs = performance.now() - startedMs;
  const running = starting.move();
  return { endpoint, child, startMs, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Whether a server takes requests. One whose guest breaks off its replies ends connections, and never gives a whole reply. */
async function answers(endpoint: Endpoint, probe: Probe, replyMs: number): Promise<boolean> {
  try {
    const { replies, end } = await exchange(endpoint, probe, { replyMs, settleMs: 0 });
    return replies.length > 0 || end === 'closed' || end === 'reset';
  } catch {
    return false;
  }
}

function failure(name: string, { stdout, stderr }: Child, how: string): HostError {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const last = lines.slice(-LAST_LINES).map((line) => `\n  | ${line}`);
  const said = last.length === 0 ? '; it printed nothing' : `; the last of what it printed:${last.join('')}`;
  return new HostError('not-supported', `${name} ${how}${said}`);
}

/** A port of 127.0.0.1 on which nobody listens now. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
