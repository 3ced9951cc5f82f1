/** Counts what the linker holds for a request: its handles, and what calls that wait were given. What the linker needs of `wasi/held-bytes.ts`. */
export interface Charging<Ctx> {
  /** Throws when the request may have no more. */
  take(ctx: Ctx, bytes: number): void;
  /** Ends the request when it may have no more. */
  takeOrEnd(ctx: Ctx, bytes: number): void;
  giveBack(ctx: Ctx, bytes: number): void;
}
