/** Counts what the linker holds for a request: its handles, and the arguments of calls that wait. The linker's view of `util/held-bytes.ts`. */
export interface Charging<Ctx> {
  /** Throws if the request may not hold more. */
  take(ctx: Ctx, bytes: number): void;
  /** Ends the request if it may not hold more. */
  takeOrEnd(ctx: Ctx, bytes: number): void;
  giveBack(ctx: Ctx, bytes: number): void;
}
