import type { HostConfig } from '../config/options.ts';
import type { Log } from '../observe/log.ts';
import { Admission } from '../server/admission.ts';
import type { Commons } from '../server/service.ts';
import { CountedLog } from '../server/counted-log.ts';
import { RequestIds } from '../server/request-ids.ts';
import type { HeapWatch } from '../util/heap-watch.ts';
import { HeldTotal } from '../util/held-bytes.ts';
import { describeTotalHeld } from '../util/limits.ts';
import { Loop } from '../io/loop.ts';

/** What all that answers requests of one host shares. `heaps` may grow: nobody may hold more if one of them is full. */
export function createCommons(config: HostConfig, log: Log, heaps: ReadonlySet<HeapWatch>): Commons {
  const refusals = new CountedLog(log);
  const maxBytes = config.limits.maxTotalHeldBytes;
  const held = new HeldTotal({
    maxBytes,
    isHeapFull: () => isOneFull(heaps),
    onShort: () => refusals.count(`a guest was ended or refused: ${describeTotalHeld(maxBytes)}`),
  });
  const loop = new Loop();
  return { admission: new Admission(config, loop.guests), loop, held, log, ids: new RequestIds(), refusals };
}

function isOneFull(heaps: ReadonlySet<HeapWatch>): boolean {
  const nowMs = performance.now();
  for (const heap of heaps) if (heap.isFull(nowMs)) return true;
  return false;
}
