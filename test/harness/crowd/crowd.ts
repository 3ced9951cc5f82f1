import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { ServeOptions } from '../../../src/index.ts';

/** What `host-process.ts` reports about itself. */
export interface HostState {
  readonly rss: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly notices: readonly string[];
}

/** A host in a process of its own, so that it does not share descriptors with the crowd. */
export class HostProcess implements Disposable {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, origin: string) {
    this.#child = child;
    this.origin = origin;
  }

  static async start(guest: string, options: ServeOptions): Promise<HostProcess> {
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

/** What the clients of a crowd do, each. */
export interface Conduct {
  /** What they send; then they read nothing. */
  readonly bytes: string;
  /** Whether those whose connections end come again. */
  readonly comesAgain?: boolean;
  /** Whether they look for a reply, and leave when one comes. */
  readonly leavesWhenAnswered?: boolean;
}

/** Many clients that do the same and are closed together. */
export class Crowd implements Disposable {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #conduct: Conduct;
  readonly #sockets = new Set<Socket>();
  #isGone = false;
  /** How many connections have ended. */
  ended = 0;

  private constructor(origin: string, conduct: Conduct) {
    const { hostname, port } = new URL(origin);
    this.#address = { host: hostname, port: Number(port) };
    this.#conduct = conduct;
  }

  /** Resolves when all are connected and have sent their bytes. */
  static async gather(origin: string, count: number, conduct: Conduct): Promise<Crowd> {
    const crowd = new Crowd(origin, conduct);
    for (let begun = 0; begun < count; begun += BATCH) {
      const size = Math.min(BATCH, count - begun);
      await Promise.all(Array.from({ length: size }, () => crowd.#join()));
    }
    return crowd;
  }

  /** Each sends a little more. */
  trickle(bytes: string): void {
    for (const socket of this.#sockets) if (socket.writable) socket.write(bytes);
  }

  [Symbol.dispose](): void {
    this.#isGone = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(): Promise<void> {
    const { bytes, comesAgain = false, leavesWhenAnswered = false } = this.#conduct;
    const socket = connect(this.#address);
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.ended += 1;
      this.#sockets.delete(socket);
      if (comesAgain && !this.#isGone) void this.#join();
    });
    if (leavesWhenAnswered) socket.once('data', () => socket.destroy());
    return new Promise((resolve) => {
      // It may be reset at any time.
      socket.on('error', () => resolve());
      // Waits for the connection, and what trickles for its turn.
      socket.write(bytes, () => resolve());
    });
  }
}

/** How many connections are opened concurrently: Node's backlog holds 511. */
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
