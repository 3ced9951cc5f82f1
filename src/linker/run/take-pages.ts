import { LimitExceeded } from '../../util/trap.ts';
import { HostError } from '../../util/host-error.ts';
import { describeTotalMemory } from '../../util/limits.ts';
import type { Holding, SharedQuota } from '../../util/shared-quota.ts';
import { createBridge } from './bridge.ts';
import type { Mortal } from './guarded.ts';

/** Bytes of memory that all instances may have together that are not garbage; `undefined` where there is no bound. */
export type MemoryQuota = SharedQuota | undefined;

/** An instance that asks before its memories grow. */
export interface Growing extends Mortal {
  /** Whether they may by so many pages together. With 0, the memories have the sizes that they have. */
  takePages(pages: number): boolean;
}

/** The function that modules call before they ask V8 for pages: one for all instances. */
export function createTakePages(): WebAssembly.ExportValue {
  const [created] = createBridge([{ params: ['i32'], results: ['i32'], func: takePages }]);
  return created as WebAssembly.ExportValue;
}

/** A count of pages has no sign. */
function takePages(pages: number, caller: Growing): number {
  return Number(caller.takePages(pages >>> 0));
}

/** Whether an instance's memories may have so many bytes. */
export function mayHold(holding: Holding | undefined, byteLength: number): boolean {
  return holding === undefined || holding.quota.resize(holding, byteLength);
}

/** Nobody needs the instance any more. */
export function leaveMemory(holding: Holding | undefined): void {
  holding?.quota.leave(holding);
}

/** As `mayHold`, for memories without which there is no instance. Throws `HostError` where they may not. */
export function assertMayHold(holding: Holding | undefined, byteLength: number): void {
  if (holding === undefined || mayHold(holding, byteLength)) return;
  const message = `no guest can start: ${describeTotalMemory(holding.quota.max)}`;
  const cause = new LimitExceeded('maxTotalMemoryBytes', 'the memories of all guests');
  throw new HostError('overloaded', message, { cause });
}
