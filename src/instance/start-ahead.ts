import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { StartCalls } from '../linker/run/starts.ts';
import { HostError } from '../util/host-error.ts';
import type { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import type { Spares } from './spares.ts';
import type { BeforeRequests, Started } from './strategy.ts';

/** No start runs ahead if the last that a request waited for took longer: it holds the event loop. */
const MAX_START_MS = 5;

/** The host ends a start that runs ahead for this long. */
const MAX_CPU_MS = 100;

/** A start that ran ahead so long ago runs again when its request comes: its guest should not find that it stood still for longer than a slow network takes. */
const MAX_AGE_MS = 10_000;

/** More spares than this do not start ahead: each holds what its start wrote. */
const MAX_STARTED = 32;

type Instance = LinkedInstance<WasiCtx>;

/** A start that ran ahead. */
interface Ahead {
  readonly ctx: WasiCtx;
  readonly atMs: number;
}

/** How a strategy starts spares, and which host functions may be called before there is a request. */
export interface StartAheadOptions {
  readonly restart: (instance: Instance, ctx: WasiCtx, asked: StartCalls) => void;
  readonly abandon: (instance: Instance) => void;
  /** What starts take of what all guests share. */
  readonly quotas: readonly Pick<SharedQuota, 'onRefused'>[];
  /** Whether a call of the host function of this name has the same result, and no other effect, when it is made before the request comes. */
  readonly mayAskAhead: (name: string) => boolean;
}

/**
 * Spares run their starts between requests, each in a turn of the event loop of its own, so that requests need not wait for them.
 *
 * A start runs ahead only if it takes little time, and asks the host for nothing but what it would be told during the request too. One that fails is kept:
 * the next request fails of it, as if it had waited for the start. One that the host ended, that asks for more, or that was refused what guests share, which
 * there may be again when the request comes, is forgotten, and requests start their guests themselves.
 */
export class StartAhead implements Disposable {
  readonly #spares: Spares;
  readonly #options: StartAheadOptions;
  readonly #started = new WeakMap<Instance, Ahead>();
  #failed: (Ahead & { readonly thrown: unknown })[] = [];
  #before: BeforeRequests | undefined;
  /** What is known of the last start that a request waited for. */
  #last: 'unknown' | 'quick' | 'slow' = 'unknown';
  /** Whether a start ever asked for what it may not be told ahead. */
  #asksMore = false;
  #isScheduled = false;
  #isEnded = false;

  constructor(spares: Spares, options: StartAheadOptions) {
    this.#spares = spares;
    this.#options = options;
  }

  /** From now on starts run ahead. */
  begin(before: BeforeRequests): void {
    this.#before = before;
  }

  /** Runs a start for a request, which waits for it. */
  run(instance: Instance, ctx: WasiCtx): void {
    const { restart, mayAskAhead } = this.#options;
    const startMs = performance.now();
    restart(instance, ctx, { add: (name) => (this.#asksMore ||= !mayAskAhead(name)) });
    this.#last = performance.now() - startMs < MAX_START_MS ? 'quick' : 'slow';
  }

  /** There may be spares that have not started. */
  schedule(): void {
    if (this.#isScheduled || this.#asksMore || this.#last !== 'quick' || this.#isEnded || this.#before === undefined)
      return;
    if (this.#spares.started >= Math.min(MAX_STARTED, this.#spares.size)) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#startNext()) this.schedule();
    });
  }

  /** What the last start that ran ahead came to. */
  take(): Started | undefined {
    const failed = this.#failed.pop();
    if (failed !== undefined && isRecent(failed)) return failed;
    if (failed !== undefined) this.#discard(failed);
    if (this.#spares.started === 0) return undefined;
    const instance = this.#spares.take() as Instance;
    const ahead = this.#started.get(instance) as Ahead;
    if (!isUsable(ahead)) {
      this.#spares.addStarted(instance);
      return undefined;
    }
    this.#started.delete(instance);
    return { instance, ctx: ahead.ctx };
  }

  /** The instance will not serve the request for which it may have started. Returns whether it has. */
  forget(instance: Instance): boolean {
    const ahead = this.#started.get(instance);
    this.#started.delete(instance);
    if (ahead !== undefined) this.#discard(ahead);
    return ahead !== undefined;
  }

  /** No start runs ahead any more. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const failed of this.#failed.splice(0)) this.#discard(failed);
  }

  /** Returns whether an instance has started. */
  #startNext(): boolean {
    if (this.#isEnded || this.#spares.started === this.#spares.size) return false;
    const ctx = this.#before?.createCtx(MAX_CPU_MS, 'kept');
    if (ctx === undefined) return false;
    const instance = this.#spares.takeUnstarted() as Instance;
    try {
      this.#run(instance, ctx);
      ctx.cpu.end(performance.now());
      this.#started.set(instance, { ctx, atMs: performance.now() });
      this.#spares.addStarted(instance);
      return true;
    } catch (thrown) {
      this.#options.abandon(instance);
      this.#keepFailure(ctx, thrown);
      return false;
    }
  }

  /** Throws `HostError` if the start is to be forgotten. */
  #run(instance: Instance, ctx: WasiCtx): void {
    const { restart, quotas } = this.#options;
    let isShort = false;
    const stops = quotas.map((quota) => quota.onRefused(() => void (isShort = true)));
    try {
      restart(instance, ctx, { add: (name) => this.#assertMayAsk(name) });
    } catch (thrown) {
      if (!isShort) throw thrown;
    } finally {
      for (const stop of stops) stop();
    }
    if (isShort) throw new HostError('overloaded', 'a start was refused what its request may get');
  }

  #assertMayAsk(name: string): void {
    if (this.#options.mayAskAhead(name)) return;
    this.#asksMore = true;
    throw new HostError('not-supported', `a start calls ${name} before its request has come`);
  }

  #keepFailure(ctx: WasiCtx, thrown: unknown): void {
    if (ctx.cancellation.trap === undefined && !(thrown instanceof HostError)) {
      this.#failed.push({ ctx, thrown, atMs: performance.now() });
      return;
    }
    // The next request finds out how long its own takes.
    this.#last = 'unknown';
    this.#discard({ ctx });
  }

  #discard({ ctx }: Pick<Ahead, 'ctx'>): void {
    this.#before?.discardCtx(ctx);
  }
}

/** One may have ended meanwhile to make room for others. */
function isUsable(ahead: Ahead): boolean {
  return isRecent(ahead) && ahead.ctx.cancellation.trap === undefined;
}

function isRecent({ atMs }: Ahead): boolean {
  return performance.now() - atMs < MAX_AGE_MS;
}
