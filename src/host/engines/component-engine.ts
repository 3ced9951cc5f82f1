import type { HostInterface } from '../../abi/host-interface.ts';
import type { ArtifactCache } from '../../component/cache/cache.ts';
import type { ComponentDefinition } from '../../component/definitions.ts';
import type { ComponentSource } from '../../component/source.ts';
import type { World } from '../../component/world.ts';
import type { Engine, Isolation } from '../../config/options.ts';
import type { RunListener } from '../../instance/preempt/preemption.ts';
import type { Turns } from '../../instance/preempt/turns.ts';
import type { InstanceStrategy } from '../../instance/strategy.ts';
import type { GuestCode } from '../../observe/profile/guest-code.ts';
import type { HeapWatch } from '../../util/heap-watch.ts';
import type { InstanceLimits } from '../../util/limits.ts';
import type { SharedQuota } from '../../util/shared-quota.ts';
import type { WasiCtx } from '../../wasi/wasi-ctx.ts';

/** One way to run components. */
export interface ComponentEngine {
  readonly name: Exclude<Engine, 'auto'>;
  /** Links a component, once for all its requests. Throws `HostError`: `not-supported` if this engine does not take the component. */
  link(decoded: DecodedComponent, options: LinkOptions): Promise<LinkedComponent>;
}

/** A component whose bytes are read. */
export interface DecodedComponent {
  readonly source: ComponentSource;
  readonly definition: ComponentDefinition;
  readonly world: World;
}

/** What guests of a component share. */
export interface SharedByGuests {
  /** What its guests hold of memory, and how much they may. */
  readonly memory: SharedQuota;
  /** What its guests' core instances hold of V8's heap, and how much they may. */
  readonly instanceHeap: SharedQuota;
  /** Tells when guests are ended because their objects fill V8's heap. */
  readonly heap: HeapWatch;
  /** In which order they run. */
  readonly turns: Turns;
  /** As it was given to `loadComponent`. */
  readonly onRun: RunListener | undefined;
}

/** How a component is linked. */
export interface LinkOptions extends SharedByGuests {
  /** With their types in binary form, those of the caller before WASI's. */
  readonly interfaces: readonly HostInterface<WasiCtx>[];
  readonly limits: InstanceLimits;
  readonly cache: ArtifactCache;
  readonly isolation: Isolation;
  readonly preemption: 'on' | 'off';
  readonly sharedPages: 'auto' | 'off';
  /** What memories and tables do that cannot grow. */
  readonly growFailure: 'returned' | 'traps';
  /** Whether core modules are run as they are. */
  readonly guestDebug: 'on' | 'off';
  /** To be told of the core modules, for profiles. */
  readonly guestCode: GuestCode | undefined;
}

/** What was chosen, and why. */
export interface Choice<Name extends string> {
  readonly name: Name;
  readonly reason: string;
}

/** A component that an engine has linked. */
export interface LinkedComponent {
  readonly isolation: Choice<Exclude<Isolation, 'auto'>>;
  /** Whether a guest that computes for long is interrupted; `partly`: only to end it. */
  readonly preemption: Choice<'on' | 'partly' | 'off'>;
  /** A strategy of its own for each host, so that hosts share no instance. */
  readonly createStrategy: () => InstanceStrategy;
}
