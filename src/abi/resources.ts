import { type ComponentInstance, checkAlive, checkMayLeave } from './component-instance.ts';
import type { LiftLowerContext } from './context.ts';
import { Trap } from '../util/trap.ts';
import type { ResourceType } from './types.ts';

/** The rep of a handle that the guest gives away. Source: `lift_own`. */
export function liftOwn(cx: LiftLowerContext, index: number, type: ResourceType): unknown {
  const { handles } = cx.inst;
  if (handles.get(index, type).borrowScope !== undefined) {
    throw new Trap(`handle ${index >>> 0}, a ${type.name}, is borrowed and cannot be given away`);
  }
  return handles.remove(index, type);
}

/** The rep of a handle that the guest lends until the call returns. Source: `lift_borrow`. */
export function liftBorrow(cx: LiftLowerContext, index: number, type: ResourceType): unknown {
  const handle = cx.inst.handles.get(index, type);
  cx.borrowScope.addLender(handle);
  return handle.rep;
}

/** Creates a handle that owns `rep`, whose class the caller has checked. Source: `lower_own`. */
export function lowerOwn(cx: LiftLowerContext, rep: unknown, type: ResourceType): number {
  return cx.inst.handles.add(type, rep);
}

/** Creates a handle for this call only; returns the rep itself if the guest defines the resource. Source: `lower_borrow`. */
export function lowerBorrow(cx: LiftLowerContext, rep: unknown, type: ResourceType): number {
  if (cx.inst.resources.has(type)) return (rep as number) | 0;
  const index = cx.inst.handles.add(type, rep, cx.borrowScope);
  cx.borrowScope.numBorrows++;
  return index;
}

/** Creates a handle for a resource that the guest defines and knows as `rep`. Source: `canon_resource_new`. */
export function canonResourceNew(inst: ComponentInstance, type: ResourceType, rep: number): number {
  try {
    checkMayLeave(inst);
    return inst.handles.add(type, rep);
  } catch (error) {
    throw inst.end(error);
  }
}

/**
 * Drops a handle. If it is owned, passes its rep to `destroy`, and returns the result.
 *
 * `destroy` disposes the host's object, or calls the destructor of the component that defines the type.
 *
 * Source: `canon_resource_drop`.
 */
export function canonResourceDrop<T>(
  inst: ComponentInstance,
  type: ResourceType,
  index: number,
  destroy: (rep: unknown) => T,
): T | undefined {
  try {
    checkMayLeave(inst);
    const { borrowScope } = inst.handles.get(index, type);
    const rep = inst.handles.remove(index, type);
    if (borrowScope === undefined) return destroy(rep);
    borrowScope.numBorrows--;
    return undefined;
  } catch (error) {
    throw inst.end(error);
  }
}

/** The guest's own rep of a resource that it defines. Source: `canon_resource_rep`. */
export function canonResourceRep(inst: ComponentInstance, type: ResourceType, index: number): number {
  try {
    checkAlive(inst);
    return inst.handles.get(index, type).rep as number;
  } catch (error) {
    throw inst.end(error);
  }
}
