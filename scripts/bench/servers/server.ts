import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Reply, ask } from './client.ts';
import type { Contender } from './contenders.ts';
import type { Guest } from './guests.ts';
import { findFreePort } from '../../../src/compare/servers/start-peer.ts';
import type { Child } from '../../../src/compare/machine/processes.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** A contender that serves a guest. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly child: Child;
  /** From the start of its process to the end of its first reply. */
  readonly startMs: number;
}

/** Which contender serves which guest, and where it finds or leaves what it compiled. */
export interface ServerPlan {
  readonly contender: Contender;
  readonly guest: Guest;
  /** Its `XDG_CACHE_HOME`: an empty one makes a cold start. */
  readonly cacheFolder: string;
  /** Which cores it gets: a server that is not under test stays on the load's. */
  readonly place?: 'server' | 'load';
}

/** wasmtime compiles the engine of a JavaScript guest for half a minute where it has one busy core. */
const START_TIMEOUT_MS = 120_000;

/** Starts a server on its core and waits for its first reply. Throws where it ends, or answers what the guest would not. */
export async function startServer(site: Site, { contender, guest, cacheFolder, place }: ServerPlan): Promise<Server> {
  const port = await findFreePort();
  const launch = { guest, port, folder: site.createFolder('server') };
  const command = { ...contender.command(launch), env: { XDG_CACHE_HOME: cacheFolder } };
  const startedAt = performance.now();
  await using starting = new AsyncDisposableStack();
  const { pinLoad, pinServer } = site.pinning;
  const child = starting.use(
    site.processes.start(place === 'load' ? pinLoad(command) : pinServer(command, contender.cores)),
  );
  const url = `http://127.0.0.1:${port}`;
  const reply = await waitForReply(url, guest, { child, signal: site.signal });
  const startMs = performance.now() - startedAt;
  assertReply(reply, guest);
  const running = starting.move();
  return { url, child, startMs, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Asks at intervals of a hundredth of the time gone by, so that the measured time is at most 1 % too long. */
async function waitForReply(url: string, guest: Guest, run: { child: Child; signal: AbortSignal }): Promise<Reply> {
  const startedAt = performance.now();
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  using agent = new ClosingAgent();
  for (;;) {
    const reply = await ask(url, guest.request, { agent, signal }).catch(() => undefined);
    if (reply !== undefined) return reply;
    run.signal.throwIfAborted();
    if (run.child.end !== undefined) throw new Error(run.child.end);
    if (signal.aborted) throw new Error(`no reply within ${START_TIMEOUT_MS / 1000} s of its start`);
    await sleep(Math.max(1, (performance.now() - startedAt) / 100));
  }
}

/** An agent whose connections end with its scope. */
class ClosingAgent extends Agent implements Disposable {
  [Symbol.dispose](): void {
    this.destroy();
  }
}

function assertReply({ status, body }: Reply, guest: Guest): void {
  if (status === 200 && body === (guest.reply ?? body)) return;
  const [got, wanted] = [body, guest.reply ?? body].map((text) => JSON.stringify(text.slice(0, 100)));
  throw new Error(`its first reply was ${status} ${got} instead of 200 ${wanted}`);
}
