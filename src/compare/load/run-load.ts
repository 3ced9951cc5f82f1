import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../numbers.ts';
import { ReplyReader } from '../wire/reply-reader.ts';
import type { WireReply } from '../wire/wire-reply.ts';
import { type LoadJob, type OwnSample, REPLY_TIMEOUT_SECONDS, toFaults } from './load-job.ts';

const READ_BYTES = 64 * 1024;
/** Before a server that refused or broke a connection is asked again. */
const RECONNECT_MS = 5;
const LOOK_FOR_LATE_MS = 500;

/** What is counted after the ramp. */
interface Counts {
  readonly latenciesMs: number[];
  isCounting: boolean;
  replies: number;
  wrong: number;
  broken: number;
  timeouts: number;
}

/** Sends requests as fast as they are answered. In a process of its own, with a core of its own if there is one. */
export async function runLoad(job: LoadJob): Promise<OwnSample> {
  const counts: Counts = { latenciesMs: [], isCounting: false, replies: 0, wrong: 0, broken: 0, timeouts: 0 };
  const requests = job.requests.map((one): ReadyRequest => ({ ...one, bytes: Buffer.from(one.text, 'latin1') }));
  const lines = Array.from({ length: job.connections }, (_, at) => new LoadLine(job, requests, counts, at));
  const watch = setInterval(() => {
    for (const line of lines) line.giveUpIfLate();
  }, LOOK_FOR_LATE_MS);
  await sleep(job.rampSeconds * 1000);
  counts.isCounting = true;
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await sleep(job.seconds * 1000);
  counts.isCounting = false;
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(watch);
  for (const line of lines) line[Symbol.dispose]();
  const { latenciesMs, wrong, broken, timeouts } = counts;
  latenciesMs.sort((a, b) => a - b);
  return {
    perSecond: latenciesMs.length / seconds,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    p999Ms: percentile(latenciesMs, 99.9),
    faults: toFaults(latenciesMs.length, { 'another status': wrong, broken, timeout: timeouts }),
    replies: counts.replies,
    busy: (user + system) / 1e6 / seconds,
  };
}

type ReadyRequest = LoadJob['requests'][number] & { readonly bytes: Buffer };

/** A connection with one request at a time, opened anew whenever it ends. */
class LoadLine implements Disposable {
  readonly #job: LoadJob;
  readonly #requests: readonly ReadyRequest[];
  readonly #counts: Counts;
  #at: number;
  #socket: Socket | undefined;
  #reader: ReplyReader;
  /** When the request under way was sent. */
  #sentMs: number | undefined;
  #isOver = false;

  constructor(job: LoadJob, requests: readonly ReadyRequest[], counts: Counts, at: number) {
    this.#job = job;
    this.#requests = requests;
    this.#counts = counts;
    this.#at = at % requests.length;
    this.#reader = this.#createReader();
    this.#open();
  }

  /** A request that has waited for too long is lost, and its connection with it. */
  giveUpIfLate(): void {
    if (this.#sentMs === undefined || performance.now() - this.#sentMs < REPLY_TIMEOUT_SECONDS * 1000) return;
    if (this.#counts.isCounting) this.#counts.timeouts += 1;
    this.#sentMs = undefined;
    this.#socket?.destroy();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  #createReader(): ReplyReader {
    return new ReplyReader({ onInterim: () => undefined, onReply: (reply) => this.#take(reply) }, 'drop-bodies');
  }

  #open(): void {
    const { hostname, port } = this.#job;
    this.#reader = this.#createReader();
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const onread = {
      buffer,
      callback: (byteLength: number): boolean => {
        this.#reader.push(buffer.subarray(0, byteLength));
        if (this.#reader.malformed !== undefined) this.#socket?.destroy();
        return true;
      },
    };
    const socket = connect({ host: hostname, port, noDelay: true, onread });
    this.#socket = socket;
    socket.on('connect', () => this.#send());
    socket.on('error', () => undefined);
    socket.on('end', () => this.#reader.end('closed'));
    socket.on('close', () => this.#closed(socket));
  }

  #send(): void {
    const request = this.#requests[this.#at];
    if (request === undefined || this.#isOver) return;
    this.#reader.method = request.method;
    this.#sentMs = performance.now();
    this.#socket?.write(request.bytes);
  }

  #take({ status, isWhole, isLast }: WireReply): void {
    // What never became whole is counted when its connection closes.
    if (this.#sentMs === undefined || !isWhole) return;
    const wanted = this.#requests[this.#at]?.status;
    const counts = this.#counts;
    counts.replies += 1;
    if (counts.isCounting) {
      counts.latenciesMs.push(performance.now() - this.#sentMs);
      const isRight = wanted === undefined ? status >= 200 && status < 300 : status === wanted;
      if (!isRight) counts.wrong += 1;
    }
    this.#sentMs = undefined;
    this.#at = (this.#at + 1) % this.#requests.length;
    if (isLast) this.#socket?.destroy();
    else this.#send();
  }

  #closed(socket: Socket): void {
    if (this.#isOver || socket !== this.#socket) return;
    const isBroken = this.#sentMs !== undefined;
    if (isBroken && this.#counts.isCounting) this.#counts.broken += 1;
    this.#sentMs = undefined;
    const pauseMs = isBroken || socket.bytesRead === 0 ? RECONNECT_MS : 0;
    setTimeout(() => {
      if (!this.#isOver) this.#open();
    }, pauseMs);
  }
}
