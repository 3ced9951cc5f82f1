import type { Engine, Isolation } from '../../config/options.ts';
import type { Address } from '../../server/http1/listen.ts';
import type { ClientLimitFlags } from '../options/client-limits.ts';

/** The options of `serve` as commander gives them, each one parsed by itself. */
export interface ServeFlags extends ClientLimitFlags {
  readonly addr: Address;
  readonly shutdownAddr?: Address;
  readonly adminAddr?: Address;
  readonly workers?: number;
  readonly stallTimeout?: number;
  readonly env: readonly string[];
  readonly header: readonly string[];
  readonly outbound: readonly string[];
  readonly dir: readonly string[];
  /** `name=value`, by the names of our limits on guests. */
  readonly limit: readonly string[];
  /** The groups of wasmtime's options, in its words: -S, -W, -C, -O, -D. */
  readonly wasi: readonly string[];
  readonly wasm: readonly string[];
  readonly codegen: readonly string[];
  readonly optimize: readonly string[];
  readonly debug: readonly string[];
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
  readonly maxInstanceReuseCount: number;
  readonly cpuTimeout: number;
  readonly coarseClock?: true;
  readonly grace: number;
  readonly shutdownDelay?: number;
  readonly drainTimeout: number;
  readonly loggingPrefix: boolean;
  readonly engine: Engine;
  readonly isolation: Isolation;
  readonly preemption: 'on' | 'off';
  readonly dev?: true;
  readonly logFormat: LogFormat;
  readonly accessLog: 'on' | 'off';
}

export type LogFormat = 'text' | 'json';
