import { MAX_TIMER_MS } from '../../util/timers.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, StartRecord } from '../../observe/log.ts';
import { type MetricRecords, addCounts } from '../../observe/metrics.ts';
import { mergeProfiles } from '../../observe/profile/merge-profiles.ts';
import type { MakeProfile } from '../../server/answer-profile.ts';
import { maxSettlingMs } from '../../server/http1/graceful-stop.ts';
import { collectGarbage } from '../../util/collect.ts';
import { formatDuration, formatTimeout } from '../../util/format.ts';
import { HostError } from '../../util/host-error.ts';
import type { Closing } from '../serve/finish.ts';
import { colourOf } from '../serve/log-sink.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { OVERTIME_MS, boundIn } from '../stall/stall-bounds.ts';
import type { Terminal } from '../terminal.ts';
import { SHORT_LIFE_MS, toBackoffMs } from './backoff.ts';
import type { WorkerPoolCounts } from './worker-pool-metrics.ts';
import { WORKER_ARG } from './is-worker.ts';
import type { Begin } from './messages.ts';
import type { SharedSockets } from './shared-sockets.ts';
import { type WorkerClosing, type WorkerEnd, type WorkerProcess, startWorker } from './worker-process.ts';
import { CHECK_INTERVAL_MS } from './worker-turns.ts';

/** How long the primary waits for workers to say how many requests they have left: a worker whose guest is computing does not answer. */
const ANSWER_MS = 1000;
/** How much longer the primary waits than the worker itself does: the worker knows which request stalled it, and logs that before it exits. */
const SELF_REPORT_MS = 5000;

/** What all workers serve, and where. */
export interface Shared {
  /** The component's bytes. */
  readonly bytes: Uint8Array;
  readonly sockets: SharedSockets;
  /** Called with the number of workers that have connections, or more, whenever it changes. */
  readonly onConnections: (open: number) => void;
}

/**
 * The workers of a primary, each in a numbered slot. When a worker ends, its slot gets a new one.
 *
 * They share the listening sockets, and each accepts from them: the primary handles no connections. Measured with two workers under wrk, connections
 * are spread as evenly as by round robin (11 to 22 of 33 at worst), kept ones are served as fast, and new ones three times as fast.
 */
export class WorkerPool {
  readonly #plan: ServePlan;
  readonly #terminal: Terminal;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #full = Promise.withResolvers<void>();
  /** The running workers by slot, and the slots whose worker listens. */
  readonly #running = new Map<number, WorkerProcess>();
  readonly #listening = new Set<number>();
  /** Connections by slot, as workers told last. */
  readonly #connections = new Map<number, number>();
  /** How many workers have ended without being told to. */
  readonly #ends = { stalled: 0, failed: 0 };
  /** The metrics of workers that have ended, as last reported. */
  #ended: Promise<MetricRecords> = Promise.resolve([]);
  /** Workers that were killed because they did not answer. */
  readonly #killed = new WeakSet<WorkerProcess>();
  readonly #shared: Shared;

  constructor(plan: ServePlan, shared: Shared, terminal: Terminal, log: Log) {
    this.#plan = plan;
    this.#terminal = terminal;
    this.#log = log;
    this.#shared = shared;
  }

  /**
   * Starts all processes and lets the first one load the component; once that works, and the caches are warm, the others follow.
   *
   * Resolves when all listen. Throws `HostError` if the first one fails to.
   */
  async start(): Promise<StartRecord> {
    const [first, ...others] = Array.from({ length: this.#plan.workers }, (_, index) => this.#start(index + 1));
    if (first === undefined) throw new RangeError('a worker pool needs at least one worker');
    this.#watchTurns();
    this.#begin(first, 'told');
    const up = await first.listening;
    if (up === undefined) {
      this.kill();
      throw toHostError(await first.ended);
    }
    if (this.#stopping.signal.aborted) return up.start;
    for (const worker of others) this.#begin(worker, 'silent');
    for (const [slot, worker] of this.#running) void this.#keep(slot, worker);
    await this.#full.promise;
    return { ...up.start, workerPids: Array.from(this.#running.values(), ({ pid }) => pid) };
  }

  /** Tells all workers to finish, and starts no more. Workers that are not done in time are killed; one that is still loading gets less time. */
  async close(): Promise<Closing> {
    this.#stopping.abort();
    this.#shared.sockets[Symbol.dispose]();
    const workers = [...this.#running.values()];
    const closings = this.#closeInTurn(workers);
    const killingIdle = setTimeout(() => {
      for (const worker of workers) if (!worker.isListening) worker.kill();
    }, OVERTIME_MS);
    const killing = setTimeout(() => this.kill(), Math.min(MAX_TIMER_MS, this.#plan.stopTimeoutMs + OVERTIME_MS));
    const waiting = Promise.all(closings.map((closing) => closing.waiting));
    const closed = closings.map(({ closed: cancelled }) => cancelled);
    const ended = workers.map(async (worker) => this.#sayIfCutShort(worker, await worker.ended));
    return {
      delayMs: this.#plan.shutdownDelayMs,
      waiting: await Promise.race([waiting.then(sum), sleep(ANSWER_MS, undefined, { ref: false })]),
      closed: Promise.all(ended).then(async () => {
        clearTimeout(killingIdle);
        clearTimeout(killing);
        return sum(await Promise.all(closed));
      }),
    };
  }

  /** One that accepts connections stops when the others have: their clients connect anew. */
  #closeInTurn(workers: readonly WorkerProcess[]): WorkerClosing[] {
    const last = workers.findLast(({ isListening }) => isListening);
    const others = workers.filter((worker) => worker !== last).map((worker) => worker.close('now'));
    if (last === undefined) return others;
    const settled = Promise.all(others.map((closing) => closing.settled));
    const patience = sleep(maxSettlingMs(this.#plan.shutdownDelayMs) + ANSWER_MS, undefined, { ref: false });
    void Promise.race([settled, patience]).then(() => last.othersSettled());
    return [...others, last.close('after-others')];
  }

  /** Whether at least one worker takes requests, and the pool is not stopping. */
  get isAccepting(): boolean {
    return this.counts.answering > 0 && !this.#stopping.signal.aborted;
  }

  /** The state of the workers, for whatever supervises this process. */
  get counts(): WorkerPoolCounts {
    const listening = Array.from(this.#listening, (slot) => this.#running.get(slot));
    const answering = listening.filter((worker) => worker?.turns.isAnswering === true).length;
    return { wanted: this.#plan.workers, answering, ...this.#ends };
  }

  /** The metrics of the workers that listen, and the counts of those that have ended. */
  async readMetrics(): Promise<MetricRecords[]> {
    const listening = Array.from(this.#listening, (slot) => this.#running.get(slot)?.metrics.read() ?? []);
    return await Promise.all([this.#ended, ...listening]);
  }

  /** One profile of the workers that listen, one after the other on its time line; `busy` if one of them makes another. */
  readonly makeProfile: MakeProfile = async (ms, signal) => {
    const workers = Array.from(this.#listening, (slot) => this.#running.get(slot)).filter((one) => one !== undefined);
    const made = await Promise.all(workers.map(({ profile }) => profile.make(ms, signal)));
    if (made.includes('busy')) return 'busy';
    const profiles = made.filter((profile) => profile !== undefined && profile !== 'busy');
    return profiles.length === 0 ? undefined : mergeProfiles(profiles);
  };

  /** Kills all workers immediately. */
  kill(): void {
    for (const worker of this.#running.values()) worker.kill();
  }

  /** Keeps a slot filled, starting with `worker`, until the pool stops. */
  async #keep(slot: number, worker: WorkerProcess): Promise<void> {
    let shortLives = 0;
    for (let life = 1, current = worker; ; life += 1) {
      const servedMs = await this.#serve(slot, current, life);
      const end = await current.ended;
      if (this.#stopping.signal.aborted) return;
      this.#ends[end.isStalled || this.#killed.has(current) ? 'stalled' : 'failed'] += 1;
      shortLives = servedMs < SHORT_LIFE_MS ? shortLives + 1 : 0;
      const delayMs = toBackoffMs(shortLives);
      this.#say('error', `${describe(slot, current, end)}; ${this.#count()} left, ${describeDelay(delayMs)}`);
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      current = this.#start(slot);
      this.#begin(current, 'silent');
    }
  }

  /** Resolves when the worker has ended, to how long it listened. */
  async #serve(slot: number, worker: WorkerProcess, life: number): Promise<number> {
    const up = await worker.listening;
    const sinceMs = performance.now();
    if (up === undefined) return 0;
    this.#listens(slot, worker, life);
    await worker.ended;
    this.#listening.delete(slot);
    return performance.now() - sinceMs;
  }

  /** Pings each worker regularly, and kills those silent for too long: their own stall watch has failed too, or the process is stopped. */
  #watchTurns(): void {
    let checkedMs = performance.now();
    const checkAll = (): void => {
      const passedMs = performance.now() - checkedMs;
      checkedMs += passedMs;
      for (const [slot, worker] of this.#running) this.#check(slot, worker, passedMs);
    };
    setInterval(checkAll, CHECK_INTERVAL_MS).unref();
  }

  #check(slot: number, worker: WorkerProcess, passedMs: number): void {
    const boundMs = boundIn(worker.isListening ? 'serving' : 'starting', this.#plan);
    const { turns, pid } = worker;
    if (!turns.check(passedMs, boundMs === 0 ? 0 : boundMs + SELF_REPORT_MS) || this.#killed.has(worker)) return;
    this.#killed.add(worker);
    const silence = formatDuration(turns.silentMs);
    this.#say(
      'error',
      `worker ${slot} (process ${pid}) has not responded for ${silence} (--stall-timeout): killing it`,
    );
    worker.kill();
  }

  #listens(slot: number, { pid }: WorkerProcess, life: number): void {
    this.#listening.add(slot);
    // Frees the message that held the component's bytes. V8 would not do it by itself: a primary hardly allocates anything.
    collectGarbage('async');
    if (life > 1) this.#say('info', `Worker ${slot} restarted (process ${pid}); ${this.#count()} running`);
    if (this.#listening.size === this.#plan.workers) this.#full.resolve();
  }

  #start(slot: number): WorkerProcess {
    // The file name is there only for people who read `ps`.
    const source = {
      args: [WORKER_ARG, this.#plan.file],
      fds: this.#shared.sockets.fds,
      onConnections: (open: number) => this.#connected(slot, open),
    };
    const worker = startWorker(source, this.#terminal);
    this.#running.set(slot, worker);
    void worker.ended.then(() => {
      if (this.#running.get(slot) === worker) this.#running.delete(slot);
      this.#ended = this.#ended.then((counts) => addCounts(counts, worker.metrics.last));
    });
    return worker;
  }

  #connected(slot: number, open: number): void {
    this.#connections.set(slot, open);
    this.#shared.onConnections(sum([...this.#connections.values()]));
  }

  #begin(worker: WorkerProcess, preparing: Begin['preparing']): void {
    const colour = colourOf(this.#terminal);
    worker.begin({
      at: 'begin',
      plan: this.#plan,
      bytes: this.#shared.bytes,
      primaryPid: process.pid,
      colour,
      preparing,
    });
  }

  #sayIfCutShort(worker: WorkerProcess, end: WorkerEnd): void {
    if (!end.isClean) this.#say('error', `worker (process ${worker.pid}) ${end.how} before it had finished`);
  }

  #count(): string {
    return `${this.#listening.size} of ${this.#plan.workers}`;
  }

  #say(level: 'info' | 'error', message: string): void {
    this.#log({ at: 'notice', level, message });
  }
}

function toHostError({ how, failure }: WorkerEnd): HostError {
  return failure ?? new HostError('bad-component', `the first worker ${how} before it was listening`);
}

function describe(slot: number, { pid }: WorkerProcess, { how, failure }: WorkerEnd): string {
  return `worker ${slot} (process ${pid}) ${how}${failure === undefined ? '' : ` (${failure.message})`}`;
}

function describeDelay(delayMs: number): string {
  return delayMs === 0 ? 'starting another' : `starting another in ${formatTimeout(delayMs)}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
