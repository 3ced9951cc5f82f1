import type { ResourceType } from '../../abi/types.ts';
import type { ComponentFunc, GuestResourceType, Plan } from './plan.ts';

/** The calls of a plan that may wait: only these use JSPI. */
export interface Waiting {
  /** Component instances whose core can wait: a function that they lower may, or a resource that they drop. */
  readonly instances: ReadonlySet<number>;
}

type Waits = Pick<Plan<never>, 'lowerings' | 'builtins'>;

/** Follows calls from component to component until nothing new can wait. */
export function findWaiting({ lowerings, builtins }: Waits): Waiting {
  const instances = new Set<number>();
  let known = -1;
  while (known < instances.size) {
    known = instances.size;
    for (const { func, componentInstance } of lowerings) {
      if (funcMayWait({ instances }, func)) instances.add(componentInstance);
    }
    for (const { op, resource, componentInstance } of builtins) {
      if (op === 'resource.drop' && destructorMayWait({ instances }, resource)) instances.add(componentInstance);
    }
  }
  return { instances };
}

/** Whether a function may return a promise to the component that lowers it. */
export function funcMayWait<Ctx>({ instances }: Waiting, func: ComponentFunc<Ctx>): boolean {
  return func.by === 'host' ? func.mayWait : instances.has(func.componentInstance);
}

/** Whether dropping an owned handle may wait for what the defining component does then. */
export function destructorMayWait({ instances }: Waiting, resource: ResourceType | GuestResourceType): boolean {
  if (!('componentInstance' in resource)) return false;
  return resource.destructor !== undefined && instances.has(resource.componentInstance);
}
