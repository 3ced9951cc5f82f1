import type { InstancePool } from '../instance/pool.ts';
import type { Loop } from '../io/loop.ts';
import type { Log, RequestRecord } from '../observe/log.ts';
import type { ServedRequest } from '../wasi/wasi-ctx.ts';
import type { Grants } from '../wasi/interfaces.ts';
import type { HeldTotal } from '../util/held-bytes.ts';
import type { FieldEntries } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Admission } from './admission.ts';
import type { InFlight } from './in-flight.ts';
import type { CountedLog } from './counted-log.ts';
import type { RequestIds } from './request-ids.ts';

/** What all handlers of a host share: places for requests, the account of what the host holds for them, and the log. */
export interface Commons {
  readonly admission: Admission;
  /** How guests and the pieces of long replies share the event loop. */
  readonly loop: Loop;
  /** What the host holds for all requests together. */
  readonly held: HeldTotal;
  readonly log: Log;
  readonly ids: RequestIds;
  /** Refused requests, clients that were disconnected, and limits that guests have reached. */
  readonly refusals: CountedLog;
}

/** What answers requests, as the log names it. */
export interface Answerer {
  readonly label: string;
  readonly instance: RequestRecord['instance'];
  readonly log: Log;
  /** For requests that come without one. */
  readonly ids: RequestIds;
}

/** All that `handle` needs to answer requests with one component. Made once. */
export interface Service extends Commons, Answerer {
  readonly pool: InstancePool;
  readonly inFlight: InFlight;
  /** What the guest of a request may use. */
  readonly grant: (request: ServedRequest, head: RequestHead) => Grants;
  /** Fields that replace the client's. */
  readonly requestFields: FieldEntries;
  /** How long a guest may go on after its client left. */
  readonly graceMs: number;
  /** Whether error replies say what went wrong. */
  readonly errorDetail: 'hidden' | 'shown';
}
