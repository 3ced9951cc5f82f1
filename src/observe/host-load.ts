/** What a host holds at the moment, and what it has refused so far. */
export interface HostLoad {
  /** Whether it listens and is not being closed. */
  readonly isAccepting: boolean;
  /** Requests whose guest is at work. */
  readonly requestsInFlight: number;
  /** Requests that wait for their turn. */
  readonly requestsQueued: number;
  readonly connections: number;
  /** Idle instances kept for reuse, and the size of their memories. */
  readonly keptInstances: number;
  readonly keptBytes: number;
  /** Bytes held on behalf of requests: unsent bodies, fields, handles and the like. */
  readonly heldBytes: number;
  /** How much was refused or given up on, by reason. */
  readonly refusals: ReadonlyMap<string, number>;
}
