import { LimitExceeded } from '../../util/trap.ts';
import { HostError } from '../../util/host-error.ts';
import { describeTotalMemory } from '../../util/limits.ts';
import type { Holding, SharedQuota } from '../../util/shared-quota.ts';
import { createBridge } from './bridge.ts';
import type { Endable } from './guarded.ts';

/** Bytes of memory that all instances that are not garbage may have together; `undefined` if there is no bound. */
export type MemoryQuota = SharedQuota | undefined;

/** An instance whose modules ask before memories grow. */
export interface Growing extends Endable {
  /** Whether the memories may grow by this many pages in total. 0 asks about their current sizes. */
  takePages(pages: number): boolean;
}

/** Creates the function, one for all instances, that modules call before they grow a memory. */
export function createTakePages(): WebAssembly.ExportValue {
  const [created] = createBridge([{ params: ['i32'], results: ['i32'], func: takePages }]);
  return created as WebAssembly.ExportValue;
}

/** `pages` is an unsigned count. */
function takePages(pages: number, caller: Growing): number {
  return Number(caller.takePages(pages >>> 0));
}

/** Whether an instance's memories may have this many bytes. */
export function mayHold(holding: Holding | undefined, byteLength: number): boolean {
  return holding === undefined || holding.quota.resize(holding, byteLength);
}

/** The instance is no longer needed. */
export function leaveMemory(holding: Holding | undefined): void {
  holding?.quota.leave(holding);
}

/** Like `mayHold`, for memories that an instance needs to start. Throws `HostError` if they may not have that many bytes. */
export function assertMayHold(holding: Holding | undefined, byteLength: number): void {
  if (holding === undefined || mayHold(holding, byteLength)) return;
  const message = `no guest can start: ${describeTotalMemory(holding.quota.max)}`;
  const cause = new LimitExceeded('maxTotalMemoryBytes', 'the memories of all guests');
  throw new HostError('overloaded', message, { cause });
}
