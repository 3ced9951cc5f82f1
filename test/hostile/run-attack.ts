import type { Socket } from 'node:net';
import { type Component, loadComponent } from '../../src/index.ts';
import type { Limits } from '../../src/util/limits.ts';
import { startTcpUpstream } from '../harness/upstream.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { type Served, serveGuest } from '../harness/serve-guest.ts';
import { outcomeOf } from '../hazards/outcome.ts';
import { assembleAttack } from './assemble.ts';
import type { Attack } from './attacks.ts';

const TIMEOUT_MS = 10_000;

/** One that did not read would not see that its client is gone. */
const readAndSayNothing = (socket: Socket): void => void socket.resume();

/** An attack that is served, and whom it calls. Whoever starts it disposes it. */
export interface Attacker extends AsyncDisposable {
  readonly served: Served;
  /** Of the request that sets it off. */
  readonly path: string;
}

export async function startAttacker(attack: Attack, limits: Partial<Limits> = {}): Promise<Attacker> {
  const component = await loadAttack(attack, limits);
  const upstream = attack.calls !== 'upstream' ? undefined : await startTcpUpstream(readAndSayNothing);
  const served = await serveGuest(component, {
    timeoutMs: attack.timeoutMs ?? TIMEOUT_MS,
    limits,
    ...(limits.maxOutputBytes === undefined ? { writeGuestOutput: () => undefined } : {}),
  });
  return {
    served,
    path: `/${upstream?.authority ?? (attack.calls === 'itself' ? new URL(served.origin).host : '')}`,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await upstream?.[Symbol.asyncDispose]();
    },
  };
}

/** The status of an attacker's reply, or how it broke off. */
export function strike({ origin, path }: { readonly origin: string; readonly path: string }): Promise<number | string> {
  return outcomeOf(requestRaw(origin, rawGet(path)));
}

async function loadAttack({ file, name }: Attack, limits: Partial<Limits>): Promise<Component> {
  const bytes = await assembleAttack(file, name);
  return await loadComponent(bytes, { label: `${file}/${name}`, cache: false, engine: 'linker', limits });
}
