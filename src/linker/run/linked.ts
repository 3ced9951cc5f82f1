import type { InstanceLimits } from '../../util/limits.ts';
import type { Contexts } from '../plan/contexts.ts';
import type { GuestResourceType, Plan } from '../plan/plan.ts';
import type { Preemption } from '../preemption.ts';
import type { BoundFunctions } from './bound-functions.ts';
import type { Cards } from './cards.ts';
import type { Charging } from './charging.ts';
import type { Endable } from './guarded.ts';
import type { HeapLimits, HeapQuota, StartCost } from './instance-heap.ts';
import type { Makers } from './makers.ts';
import type { SharedFunctions } from './shared-functions.ts';
import type { Starts } from './starts.ts';
import type { MemoryQuota } from './take-pages.ts';
import type { Wiring } from './wiring.ts';

/** Everything that the instances of one component share. */
export interface Linked<Ctx> {
  readonly plan: Plan<Ctx>;
  readonly wiring: Wiring;
  readonly contexts: Contexts;
  /** The resource types that each component instance defines. */
  readonly resources: readonly ReadonlySet<GuestResourceType>[];
  readonly cards: Cards;
  readonly makers: Makers;
  readonly functions: SharedFunctions;
  /** For modules that do not pass their caller. */
  bind(caller: Endable): BoundFunctions;
  readonly starts: Starts;
  readonly limits: Pick<InstanceLimits, 'maxHandles' | 'maxCallBytes'> & HeapLimits;
  /** What all core instances of an instance take together. */
  readonly cost: StartCost;
  /** `undefined` if guests run for as long as they like. */
  readonly preemption: Preemption<Ctx> | undefined;
  /** `undefined` if nothing is counted. */
  readonly charging: Charging<Ctx> | undefined;
  readonly memory: MemoryQuota;
  readonly heap: HeapQuota;
}
