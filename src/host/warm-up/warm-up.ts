import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOptions } from '../../config/options.ts';
import { toServeConfig } from '../../config/to-serve-config.ts';
import { listen } from '../../server/http1/listen.ts';
import { createCommons } from '../commons.ts';
import { createComponentHandler } from '../component-handler.ts';
import { loadComponent } from '../load.ts';
import { WarmClient } from './warm-client.ts';
import { WARM_GUEST } from './warm-guest.ts';

/** How long after its call it begins: whoever waited for the port goes first. */
const BEGIN_AFTER_MS = 50;

/** How often it looks whether the host is still busy, and how often before it gives up: requests warm the host as well. */
const LOOK_AGAIN_MS = 50;
const MAX_LOOKS = 200;

/** So many clients ask concurrently, so often each, and connect anew now and then. By then V8 has compiled what most requests run. */
const CLIENTS = 4;
const ROUNDS = 32;
const ROUNDS_OF_A_CONNECTION = 16;

/** For whom a process warms up. */
export interface WarmUpOptions {
  /** Whether there are requests, which go first. */
  readonly isBusy: () => boolean;
  /** Ends it immediately. */
  readonly signal: AbortSignal;
  /** Where to keep what is made of the guest. Default: this user's cache folder. */
  readonly cache?: LoadOptions['cache'];
}

/**
 * Has V8 compile the host's own code before requests need it: a tiny guest of ours answers some on a socket with a random name, by the same code as any
 * other. Whoever finds the name in `/proc/net/unix` may ask the guest too, which has nothing to tell. In short pieces, and only while the host has nothing else to do. Resolves to how many were answered; never rejects.
 *
 * It has an admission, a log, quotas and connections of its own, so nothing of it is seen or counted elsewhere, and its guest is granted nothing that it uses.
 * Only Linux has sockets whose names are in no folder; elsewhere nothing is warmed.
 */
export async function warmUp(options: WarmUpOptions): Promise<number> {
  if (process.platform !== 'linux') return 0;
  let answered = 0;
  try {
    await sleep(BEGIN_AFTER_MS, undefined, { ref: false, signal: options.signal });
    const path = `\0wasi-serve-${randomUUID()}`;
    await using resources = new AsyncDisposableStack();
    await listenForWarmUp(path, options, resources);
    for await (const count of ask(path, options)) answered += count;
  } catch {
    // A cold host serves as well, only later.
  }
  return answered;
}

/** What it makes is disposed with `resources`. */
async function listenForWarmUp(path: string, { cache }: WarmUpOptions, resources: AsyncDisposableStack): Promise<void> {
  const component = await loadComponent(Buffer.from(WARM_GUEST, 'base64'), {
    label: 'warm-up',
    engine: 'linker',
    isolation: 'reset',
    preemption: 'off',
    ...(cache === undefined ? {} : { cache }),
  });
  const config = toServeConfig({ writeGuestOutput: () => undefined });
  const commons = createCommons(config, () => undefined, new Set());
  const { answer } = resources.use(createComponentHandler(component, config, commons));
  const { refusals, admission, loop } = commons;
  const listening = await listen({ answer, refusals, limits: config, admission, loop, connected: () => {} }, { path });
  resources.defer(() => listening.close(0));
}

/** Yields how many requests were answered in each round. */
async function* ask(path: string, { isBusy, signal }: WarmUpOptions): AsyncGenerator<number, void> {
  let looks = 0;
  for (let round = 0; round < ROUNDS; round += ROUNDS_OF_A_CONNECTION) {
    using clients = new DisposableStack();
    const asking = Array.from({ length: CLIENTS }, () => clients.use(new WarmClient(path)));
    for (let asked = 0; asked < ROUNDS_OF_A_CONNECTION; asked += 1) {
      for (; isBusy(); looks += 1) {
        if (looks >= MAX_LOOKS) return;
        await sleep(LOOK_AGAIN_MS, undefined, { ref: false, signal });
      }
      signal.throwIfAborted();
      await Promise.all(asking.map((client) => client.ask()));
      yield CLIENTS;
    }
  }
}
