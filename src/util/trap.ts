import { type Limits, toLimitName } from './limits.ts';

/**
 * The guest broke the contract of an interface, or its time is over: its instance dies and is never used again. Host functions throw it to end the
 * guest.
 *
 * @example
 * ```ts
 * const setLevel: HostFunc<WasiCtx> = (_ctx, level: number) => {
 *   if (level > 9) throw new Trap(`level ${level} is above 9`);
 * };
 * ```
 *
 * Source: "trap" in component-model `design/mvp/CanonicalABI.md`.
 */
export class Trap extends Error {
  override readonly name = 'Trap';
}

/** The guest exceeded a limit that ends it. The message names the option that sets the limit. */
export class LimitExceeded extends Trap {
  readonly limit: keyof Limits;

  constructor(limit: keyof Limits, message: string) {
    super(`${message} (--limit ${toLimitName(limit)})`);
    this.limit = limit;
  }
}

/** Traps with `message` if `condition` holds: the guest's fault, not the host's. Source: `trap_if`. */
export function trapIf(condition: boolean, message: string): void {
  if (condition) throw new Trap(message);
}
