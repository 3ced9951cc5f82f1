import type { ComponentSource } from '../../component/source.ts';
import { createRecyclingStrategy } from '../../instance/fresh.ts';
import { createResetStrategy } from '../../instance/reset.ts';
import { probeReset } from '../../instance/probe-reset.ts';
import { createRestartStrategy, findRestartBlocker } from '../../instance/restart.ts';
import type { InstanceStrategy } from '../../instance/strategy.ts';
import { type LinkedPre, linkComponent } from '../../linker/link.ts';
import type { LinkedInstance } from '../../linker/run/linked-instance.ts';
import { HostError } from '../../util/host-error.ts';
import { mayAskAhead } from '../../wasi/ask-ahead.ts';
import { wasiInterfaces } from '../../wasi/interfaces.ts';
import type { WasiCtx } from '../../wasi/wasi-ctx.ts';
import type { ComponentEngine, LinkOptions, LinkedComponent } from './component-engine.ts';
import { choosePreemption, toGuestBounds } from './guest-bounds.ts';

/** Runs components with our own linker: it plans each once, and compiles each function between guest and host once. */
export const linkerEngine = Object.freeze<ComponentEngine>({
  name: 'linker',
  link: async ({ source, definition }, options) => {
    const preemption = choosePreemption(options, {
      name: 'on',
      reason: 'guests that compute for a long time are interrupted, and ended when their time is over',
    });
    const bounds = toGuestBounds(options, preemption);
    const pre = await linkComponent(source, options.interfaces, {
      definition,
      ...bounds,
      sharedPages: options.sharedPages,
    });
    return { ...chooseIsolation(source, pre, options), preemption };
  },
});

type Isolated = Omit<LinkedComponent, 'preemption'>;

function chooseIsolation(
  { label }: ComponentSource,
  pre: LinkedPre<WasiCtx>,
  { isolation, interfaces }: Pick<LinkOptions, 'isolation' | 'interfaces'>,
): Isolated {
  const fresh = (reason: string): Isolated => ({
    isolation: { name: 'fresh', reason },
    createStrategy: () => createRecyclingStrategy(pre),
  });
  const restart = (reason: string): Isolated => ({
    isolation: { name: 'restart', reason },
    createStrategy: () => createRestartStrategy(pre, isOurs(interfaces) ? mayAskAhead : undefined),
  });
  if (isolation === 'fresh') return fresh('as requested');
  const blocker = findRestartBlocker(pre);
  if (isolation === 'restart') {
    if (blocker === undefined) return restart('as requested');
    throw new HostError('not-supported', `${label} cannot be restarted: ${blocker}`);
  }
  const probed = probeReset(pre);
  if (!('reason' in probed)) {
    const reason = 'instances are reused; everything that a request wrote is restored after it';
    return { isolation: { name: 'reset', reason }, createStrategy: startingWith(pre, probed) };
  }
  if (isolation === 'auto') {
    if (probed.kind === 'unrestorable' || blocker !== undefined) return fresh(probed.reason);
    return restart(`instances are reused and start again for each request, since ${probed.reason}`);
  }
  if (probed.kind === 'unrestorable') {
    throw new HostError('not-supported', `${label} cannot be reset: ${probed.reason}`);
  }
  const reason = `as requested, although ${probed.reason}: that happens once, not for each request`;
  return { isolation: { name: 'reset', reason }, createStrategy: () => createResetStrategy(pre) };
}

/** Whether guests call WASI's functions as they are implemented here: what a caller's own do when they are called, nobody knows. */
function isOurs(interfaces: LinkOptions['interfaces']): boolean {
  const ours: ReadonlySet<unknown> = new Set(wasiInterfaces);
  return interfaces.every((one) => ours.has(one) || !one.name.startsWith('wasi:'));
}

/** The first strategy gets the instance that has been started already. */
function startingWith(pre: LinkedPre<WasiCtx>, probe: LinkedInstance<WasiCtx>): () => InstanceStrategy {
  let warm: LinkedInstance<WasiCtx> | undefined = probe;
  return () => {
    const strategy = createResetStrategy(pre, warm);
    warm = undefined;
    return strategy;
  };
}
