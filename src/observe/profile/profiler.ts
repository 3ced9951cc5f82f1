import type { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../../util/host-error.ts';
import { describeDenial } from '../../util/permissions.ts';
import { GuestCode } from './guest-code.ts';
import { groupByComponent } from './group-by-component.ts';
import type { CpuProfile } from './profile-tree.ts';

/** How often V8 looks which function runs. `scripts/bench/README.md` has what it costs. */
const SAMPLING_INTERVAL_US = 2000;

/** A profile that is being made. Disposing it drops it. */
export interface RunningProfile extends Disposable {
  /** Ends it. */
  finish(): Promise<CpuProfile>;
}

/** Makes CPU profiles of this thread, one at a time, with the names of guests' functions. */
export class CpuProfiler {
  /** To be told of the guests' code when it is compiled. */
  readonly code = new GuestCode();
  #isRunning = false;

  /** Begins a profile; `undefined` while another is made. Throws `HostError` if Node does not permit it. */
  async start(): Promise<RunningProfile | undefined> {
    if (this.#isRunning) return undefined;
    this.#isRunning = true;
    try {
      return this.#toRunning(await openSession());
    } catch (error) {
      this.#isRunning = false;
      throw error;
    }
  }

  /** A profile of so many milliseconds; `busy` while another is made, `undefined` if `signal` comes first. */
  async profile(ms: number, signal: AbortSignal): Promise<CpuProfile | 'busy' | undefined> {
    using running = await this.start();
    if (running === undefined) return 'busy';
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    return signal.aborted ? undefined : await running.finish();
  }

  #toRunning(session: Session): RunningProfile {
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      // Ends a profile that is being made.
      session.disconnect();
      this.#isRunning = false;
    };
    return {
      finish: async () => {
        const { profile } = await session.post('Profiler.stop');
        end();
        return groupByComponent(profile, this.code);
      },
      [Symbol.dispose]: end,
    };
  }
}

/** V8's profiler has been started in the session. */
async function openSession(): Promise<Session> {
  const inspector = await import('node:inspector/promises');
  const session = new inspector.Session();
  try {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await session.post('Profiler.start');
    return session;
  } catch (error) {
    session.disconnect();
    const denial = describeDenial(error);
    if (denial === undefined) throw error;
    throw new HostError('not-supported', `a profile cannot be made: ${denial}`, { cause: error });
  }
}
