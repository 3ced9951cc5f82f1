import { MAX_TIMER_MS } from '../../util/timers.ts';
import type { BoundSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, StartRecord } from '../../observe/log.ts';
import { type MetricRecords, addCounts } from '../../observe/metrics.ts';
import { collectGarbage } from '../../util/collect.ts';
import { formatDuration, formatTimeout } from '../../util/format.ts';
import { HostError } from '../../util/host-error.ts';
import type { Closing } from '../serve/finish.ts';
import { colourOf } from '../serve/logs.ts';
import type { ServePlan } from '../serve/serve-plan.ts';
import { OVERTIME_MS, boundIn } from '../stall/stall-bounds.ts';
import type { Terminal } from '../terminal.ts';
import { SHORT_LIFE_MS, toDelayMs } from './backoff.ts';
import type { CrewCounts } from './crew-metrics.ts';
import { WORKER_ARG } from './is-worker.ts';
import type { Begin } from './messages.ts';
import { type WorkerEnd, type WorkerProcess, startWorker } from './worker-process.ts';
import { LOOK_MS } from './worker-turns.ts';

/** How long the primary waits to hear what workers have left to do: one whose guest computes does not answer. */
const ANSWER_MS = 1000;
/** How much longer a worker may be silent than it gives itself: it knows for which request, and says so before it ends. */
const LAST_WORDS_MS = 5000;

/** What all workers serve, and where. */
export interface Shared {
  /** Of the component. */
  readonly bytes: Uint8Array;
  readonly socket: BoundSocket;
}

/**
 * The workers of a primary, each in a numbered place. A place whose worker has ended gets another.
 *
 * They share one listening socket, from which each accepts: the primary takes part in no connection. Measured with two workers under wrk, the
 * connections are divided as evenly as by round robin (11 to 22 of 33 at worst), kept ones are served as fast, and new ones three times as fast.
 */
export class Crew {
  readonly #plan: ServePlan;
  readonly #terminal: Terminal;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #full = Promise.withResolvers<void>();
  /** By place: those that run, and those of them that listen. */
  readonly #running = new Map<number, WorkerProcess>();
  readonly #listening = new Set<number>();
  /** How many have ended without being told to. */
  readonly #ends = { stalled: 0, failed: 0 };
  /** What those that have ended had counted. */
  #ended: Promise<MetricRecords> = Promise.resolve([]);
  /** Those that did not answer. */
  readonly #killed = new WeakSet<WorkerProcess>();
  readonly #shared: Shared;

  constructor(plan: ServePlan, shared: Shared, terminal: Terminal, log: Log) {
    this.#plan = plan;
    this.#terminal = terminal;
    this.#log = log;
    this.#shared = shared;
  }

  /**
   * Starts all processes and has the first serve, then, with the component known to be good and its caches warm, the others.
   *
   * Resolves when all listen. Throws `HostError` where the first does not come that far.
   */
  async start(): Promise<StartRecord> {
    const [first, ...others] = Array.from({ length: this.#plan.workers }, (_, index) => this.#start(index + 1));
    if (first === undefined) throw new RangeError('a crew has at least one worker');
    this.#watchTurns();
    this.#begin(first, 'told');
    const up = await first.listening;
    if (up === undefined) {
      this.kill();
      throw toHostError(await first.ended);
    }
    if (this.#stopping.signal.aborted) return up.start;
    for (const worker of others) this.#begin(worker, 'silent');
    for (const [place, worker] of this.#running) void this.#keep(place, worker);
    await this.#full.promise;
    return { ...up.start, workerPids: Array.from(this.#running.values(), ({ pid }) => pid) };
  }

  /** Has all finish, and starts none any more. Those that do not in time are killed; one that serves nothing yet has little to finish. */
  async close(): Promise<Closing> {
    this.#stopping.abort();
    this.#shared.socket[Symbol.dispose]();
    const workers = [...this.#running.values()];
    const closings = workers.map((worker) => worker.close());
    const killingIdle = setTimeout(() => {
      for (const worker of workers) if (!worker.isListening) worker.kill();
    }, OVERTIME_MS);
    const killing = setTimeout(() => this.kill(), Math.min(MAX_TIMER_MS, this.#plan.stopTimeoutMs + OVERTIME_MS));
    const waiting = closings.map(async (closing) => {
      return await Promise.race([closing.waiting, sleep(ANSWER_MS, 0, { ref: false })]);
    });
    const closed = closings.map(({ closed: cancelled }) => cancelled);
    const ended = workers.map(async (worker) => this.#sayIfCutShort(worker, await worker.ended));
    return {
      delayMs: this.#plan.shutdownDelayMs,
      waiting: sum(await Promise.all(waiting)),
      closed: Promise.all(ended).then(async () => {
        clearTimeout(killingIdle);
        clearTimeout(killing);
        return sum(await Promise.all(closed));
      }),
    };
  }

  /** Whether at least one takes requests, and is to go on. */
  get isAccepting(): boolean {
    return this.counts.answering > 0 && !this.#stopping.signal.aborted;
  }

  /** How the workers are, for whoever supervises this process. */
  get counts(): CrewCounts {
    const listening = Array.from(this.#listening, (place) => this.#running.get(place));
    const answering = listening.filter((worker) => worker?.turns.isAnswering === true).length;
    return { wanted: this.#plan.workers, answering, ...this.#ends };
  }

  /** The metrics of those that listen, and the counts of those that have ended. */
  async readMetrics(): Promise<MetricRecords[]> {
    const listening = Array.from(this.#listening, (place) => this.#running.get(place)?.metrics.read() ?? []);
    return await Promise.all([this.#ended, ...listening]);
  }

  /** Ends all at once. */
  kill(): void {
    for (const worker of this.#running.values()) worker.kill();
  }

  /** Fills a place, beginning with `worker`, until all stop. */
  async #keep(place: number, worker: WorkerProcess): Promise<void> {
    let shortLives = 0;
    for (let life = 1, current = worker; ; life += 1) {
      const servedMs = await this.#serve(place, current, life);
      const end = await current.ended;
      if (this.#stopping.signal.aborted) return;
      this.#ends[end.isStalled || this.#killed.has(current) ? 'stalled' : 'failed'] += 1;
      shortLives = servedMs < SHORT_LIFE_MS ? shortLives + 1 : 0;
      const delayMs = toDelayMs(shortLives);
      this.#say('error', `${describe(place, current, end)}; ${this.#count()} left, ${describeDelay(delayMs)}`);
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      current = this.#start(place);
      this.#begin(current, 'silent');
    }
  }

  /** Resolves when the worker has ended, with how long it listened. */
  async #serve(place: number, worker: WorkerProcess, life: number): Promise<number> {
    const up = await worker.listening;
    const sinceMs = performance.now();
    if (up === undefined) return 0;
    this.#listens(place, worker, life);
    await worker.ended;
    this.#listening.delete(place);
    return performance.now() - sinceMs;
  }

  /** Asks each again and again whether it turns, and kills those that have not for too long: a worker whose own watch does not, or is stopped. */
  #watchTurns(): void {
    let lookedMs = performance.now();
    const look = (): void => {
      const passedMs = performance.now() - lookedMs;
      lookedMs += passedMs;
      for (const [place, worker] of this.#running) this.#look(place, worker, passedMs);
    };
    setInterval(look, LOOK_MS).unref();
  }

  #look(place: number, worker: WorkerProcess, passedMs: number): void {
    const boundMs = boundIn(worker.isListening ? 'serving' : 'starting', this.#plan);
    const { turns, pid } = worker;
    if (!turns.look(passedMs, boundMs === 0 ? 0 : boundMs + LAST_WORDS_MS) || this.#killed.has(worker)) return;
    this.#killed.add(worker);
    const silence = formatDuration(turns.silentMs);
    this.#say(
      'error',
      `worker ${place} (process ${pid}) has not answered for ${silence} (--stall-timeout) and is killed`,
    );
    worker.kill();
  }

  #listens(place: number, { pid }: WorkerProcess, life: number): void {
    this.#listening.add(place);
    // The message with the component's bytes, which V8 would keep: a primary allocates hardly anything.
    collectGarbage('async');
    if (life > 1) this.#say('info', `Worker ${place} (process ${pid}) serves in its place; ${this.#count()}`);
    if (this.#listening.size === this.#plan.workers) this.#full.resolve();
  }

  #start(place: number): WorkerProcess {
    // The file is for who reads `ps`.
    const source = { args: [WORKER_ARG, this.#plan.file], fd: this.#shared.socket.fd() };
    const worker = startWorker(source, this.#terminal);
    this.#running.set(place, worker);
    void worker.ended.then(() => {
      if (this.#running.get(place) === worker) this.#running.delete(place);
      this.#ended = this.#ended.then((counts) => addCounts(counts, worker.metrics.last));
    });
    return worker;
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
    if (!end.isClean) this.#say('error', `A worker (process ${worker.pid}) ${end.how} before it had finished`);
  }

  #count(): string {
    return `${this.#listening.size} of ${this.#plan.workers}`;
  }

  #say(level: 'info' | 'error', message: string): void {
    this.#log({ at: 'notice', level, message });
  }
}

function toHostError({ how, failure }: WorkerEnd): HostError {
  return failure ?? new HostError('bad-component', `the first worker ${how} before it listened`);
}

function describe(place: number, { pid }: WorkerProcess, { how, failure }: WorkerEnd): string {
  return `worker ${place} (process ${pid}) ${how}${failure === undefined ? '' : ` (${failure.message})`}`;
}

function describeDelay(delayMs: number): string {
  return delayMs === 0 ? 'starting another' : `starting another in ${formatTimeout(delayMs)}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
