import type { ArtifactCache } from '../../component/cache/cache.ts';
import { createPreemption } from '../../instance/preempt/preemption.ts';
import type { Preemption } from '../../linker/preemption.ts';
import type { Charging } from '../../linker/run/charging.ts';
import type { GuestCode } from '../../observe/profile/guest-code.ts';
import type { InstanceLimits } from '../../util/limits.ts';
import { isPermitted } from '../../util/permissions.ts';
import type { SharedQuota } from '../../util/shared-quota.ts';
import type { WasiCtx } from '../../wasi/wasi-ctx.ts';
import type { LinkOptions, LinkedComponent } from './component-engine.ts';

/** What bounds guests, whichever engine runs them. */
export interface GuestBounds {
  readonly limits: InstanceLimits;
  readonly cache: ArtifactCache;
  readonly preemption: Preemption<WasiCtx> | undefined;
  readonly charging: Charging<WasiCtx>;
  readonly memory: SharedQuota;
  readonly heap: SharedQuota;
  readonly growFailure: 'returned' | 'traps';
  readonly code: 'rewritten' | 'original';
  readonly guestCode: GuestCode | undefined;
}

export function toGuestBounds(options: LinkOptions, preemption: LinkedComponent['preemption']): GuestBounds {
  const { limits, cache, memory, instanceHeap, growFailure, guestDebug, guestCode } = options;
  const code = guestDebug === 'on' ? 'original' : 'rewritten';
  const preempting = preemption.name === 'off' ? undefined : createPreemption(options);
  return {
    limits,
    cache,
    preemption: preempting,
    charging: CHARGING,
    memory,
    heap: instanceHeap,
    growFailure,
    code,
    guestCode,
  };
}

/** Whether guests are interrupted: as asked, and as far as Node permits a thread that watches the time. `able` is what the engine can do. */
export function choosePreemption(
  { preemption }: LinkOptions,
  able: LinkedComponent['preemption'],
): LinkedComponent['preemption'] {
  if (preemption === 'off') return { name: 'off', reason: 'as requested' };
  if (isPermitted('worker')) return able;
  return {
    name: 'off',
    reason: "Node's --permission mode lacks --allow-worker, so guests block the process while they compute",
  };
}

const CHARGING = Object.freeze<Charging<WasiCtx>>({
  take: ({ held }, bytes) => held.take(bytes),
  takeOrEnd: ({ held }, bytes) => held.takeOrEnd(bytes),
  giveBack: ({ held }, bytes) => held.giveBack(bytes),
});
