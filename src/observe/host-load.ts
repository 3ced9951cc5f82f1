/** What a host holds at the moment, and what it has refused so far. */
export interface HostLoad {
  /** Whether it listens and is not being closed. */
  readonly isAccepting: boolean;
  /** Whose guest is at work. */
  readonly requestsInFlight: number;
  /** Which wait for their turn. */
  readonly requestsQueued: number;
  readonly connections: number;
  /** Instances that wait for a request, and what their memories hold. */
  readonly keptInstances: number;
  readonly keptBytes: number;
  /** What requests have it hold: bodies that wait, fields, handles and the like. */
  readonly heldBytes: number;
  /** What was refused or given up, by why. */
  readonly refusals: ReadonlyMap<string, number>;
}
