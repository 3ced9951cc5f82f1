import type { InstancePool } from '../instance/pool.ts';
import type { LoopTurns } from '../util/loop-turns.ts';
import type { Log } from '../observe/log.ts';
import type { ServedRequest } from '../wasi/context.ts';
import type { Grants } from '../wasi/interfaces.ts';
import type { HeldTotal } from '../util/held-bytes.ts';
import type { FieldEntries } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Admission } from './admit.ts';
import type { InFlight } from './in-flight.ts';
import type { Tally } from './tally.ts';

/** All that the spine needs to answer requests with one component. Made once. */
export interface Service {
  /** The component's name in logs. */
  readonly label: string;
  readonly pool: InstancePool;
  readonly admission: Admission;
  /** For what can wait while other requests come: long bodies on their way out, requests whose bodies are on their way in. */
  readonly turns: LoopTurns;
  readonly inFlight: InFlight;
  /** What all requests have the host hold. */
  readonly held: HeldTotal;
  readonly log: Log;
  /** Requests that no guest should see, clients that were ended, and bounds that guests have reached, by what. */
  readonly refusals: Tally;
  /** What the guest of a request may touch. */
  readonly grant: (request: ServedRequest, head: RequestHead) => Grants;
  /** Fields that replace the client's. */
  readonly requestFields: FieldEntries;
  /** How long a guest may go on after its client left. */
  readonly graceMs: number;
  /** Whether error replies say what went wrong. */
  readonly errorDetail: 'hidden' | 'shown';
}
