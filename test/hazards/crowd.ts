import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { HostOptions } from '../../src/index.ts';

/** What `host-process.ts` tells of itself. */
export interface HostState {
  readonly rss: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly notices: readonly string[];
}

/** A host in a process of its own, so that a crowd's sockets are not beside its own. */
export class HostProcess implements Disposable {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, origin: string) {
    this.#child = child;
    this.origin = origin;
  }

  static async start(guest: string, options: HostOptions): Promise<HostProcess> {
    const child = fork(new URL('./host-process.ts', import.meta.url), [guest, JSON.stringify(options)]);
    const [{ origin }] = (await once(child, 'message')) as [{ origin: string }];
    return new HostProcess(child, origin);
  }

  async state(): Promise<HostState> {
    const told = once(this.#child, 'message');
    this.#child.send('state');
    return (await told)[0] as HostState;
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}

/** Many clients that send the same, read nothing, and are let go of together. */
export class Crowd implements Disposable {
  readonly #sockets: readonly Socket[];
  /** How many connections the host has ended. */
  ended = 0;

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  /** Resolves when all are connected and have sent `bytes`. */
  static async gather(origin: string, count: number, bytes: string): Promise<Crowd> {
    const { hostname, port } = new URL(origin);
    const sockets: Socket[] = [];
    const crowd = new Crowd(sockets);
    for (let begun = 0; begun < count; begun += BATCH) {
      const size = Math.min(BATCH, count - begun);
      const batch = Array.from({ length: size }, () =>
        crowd.#join(connect({ host: hostname, port: Number(port) }), bytes),
      );
      sockets.push(...(await Promise.all(batch)));
    }
    return crowd;
  }

  /** Each sends a little more. */
  trickle(bytes: string): void {
    for (const socket of this.#sockets) if (socket.writable) socket.write(bytes);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(socket: Socket, bytes: string): Promise<Socket> {
    socket.on('close', () => (this.ended += 1));
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        // It may be reset at any time.
        socket.on('error', () => undefined);
        socket.write(bytes, () => resolve(socket));
      });
    });
  }
}

/** As many connections are made at once: Node's backlog holds 511. */
const BATCH = 250;

/** What became of a good client's requests. */
export interface GoodClient {
  readonly succeeded: number;
  readonly failed: readonly string[];
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** Makes `count` requests, one after the other, on new connections and kept ones in turn. */
export async function beGood(url: string, count: number): Promise<GoodClient> {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const failed: string[] = [];
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startMs = performance.now();
    const outcome = await request(url, index % 2 === 0 ? kept : false);
    times.push(performance.now() - startMs);
    if (outcome !== '200') failed.push(outcome);
  }
  kept.destroy();
  times.sort((a, b) => a - b);
  return {
    succeeded: count - failed.length,
    failed,
    p50Ms: times[count >> 1] ?? 0,
    maxMs: times.at(-1) ?? 0,
  };
}

/** The status of the reply, or how it failed. */
function request(url: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve) => {
    get(url, { agent }, (incoming) => {
      incoming.resume();
      incoming.on('close', () => resolve(incoming.complete ? `${incoming.statusCode}` : 'incomplete'));
    }).on('error', (error) => resolve(error.message));
  });
}
