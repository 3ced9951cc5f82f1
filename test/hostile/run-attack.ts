import type { Socket } from 'node:net';
import { type Component, type LoadOptions, loadComponent } from '../../src/index.ts';
import { splitOptions } from '../../src/config/to-serve-config.ts';
import type { Limits } from '../../src/util/limits.ts';
import { type LoadWay, TEST_CACHE } from '../harness/guests.ts';
import { HOSTILE_UPSTREAMS, type HostileUpstream } from '../harness/hostile-upstreams.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';
import { startTcpUpstream } from '../harness/upstream.ts';
import { outcomeOf } from '../harness/outcome.ts';
import { assembleAttack } from './assemble.ts';
import type { Attack } from './attacks.ts';

const TIMEOUT_MS = 10_000;
const BODY_BYTES = 100_000;

/** One that did not read would not see that its client is gone. */
function readAndAnswer(socket: Socket, upstream: HostileUpstream): void {
  socket.resume().once('data', () => HOSTILE_UPSTREAMS[upstream](socket));
}

/** How an attack is served: by default with the linker and the default limits. */
export interface AttackOptions {
  readonly way?: LoadWay;
  readonly limits?: Partial<Limits>;
}

/** The request that triggers an attack, and its target. */
export interface Target {
  readonly origin: string;
  readonly request: string;
}

/** An attack that is served, and the upstream that it calls. The caller must dispose it. */
export interface Attacker extends AsyncDisposable {
  readonly served: Served;
  readonly target: Target;
  /** The fields of the request. */
  readonly path: string;
}

export async function startAttacker(attack: Attack, { way, limits = {} }: AttackOptions = {}): Promise<Attacker> {
  const { load, serve } = splitOptions<LoadOptions>({ limits }, []);
  const component = await loadAttack(attack, { engine: 'linker', ...way, ...load });
  const { calls = 'itself' } = attack;
  const upstream = calls === 'itself' ? undefined : await startTcpUpstream((socket) => readAndAnswer(socket, calls));
  const served = await serveGuest(component, {
    timeoutMs: attack.timeoutMs ?? TIMEOUT_MS,
    ...serve,
    ...(limits.maxOutputBytes === undefined ? { writeGuestOutput: () => undefined } : {}),
  });
  const path = `/${upstream?.authority ?? (attack.calls === 'itself' ? new URL(served.origin).host : '')}`;
  return {
    served,
    target: { origin: served.origin, request: toRequest(attack, path) },
    path,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await upstream?.[Symbol.asyncDispose]();
    },
  };
}

/** The status of an attacker's reply, or how it broke off. */
export function strike({ origin, request }: Target): Promise<number | string> {
  return outcomeOf(requestRaw(origin, request));
}

function toRequest({ body }: Attack, path: string): string {
  if (body === undefined) return rawGet(path);
  const head = rawGet(path, `Content-Length: ${BODY_BYTES}`).replace('GET', 'POST');
  return body === 'whole' ? head + 'a'.repeat(BODY_BYTES) : head;
}

async function loadAttack({ file, name }: Attack, options: LoadOptions): Promise<Component> {
  const bytes = await assembleAttack(file, name);
  // What jco makes takes its time, and stays the same.
  const cache = options.engine === 'jco' && TEST_CACHE;
  return await loadComponent(bytes, { label: `${file}/${name}`, cache, ...options });
}
