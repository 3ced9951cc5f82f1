import type { ComponentConfig } from '../config/options.ts';
import type { RequestLimits } from '../util/limits.ts';
import { LineSink, OutputQuota, linePrefix } from '../wasi/cli/line-sink.ts';
import type { Grants, ServedRequest } from '../wasi/context.ts';
import { HeldBytes, type HeldTotal } from '../util/held-bytes.ts';
import { withHop } from '../http/hops.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { SendRequest } from '../outbound/send-request.ts';

/** What all guests of a host are granted alike. */
export interface HostGrants {
  readonly config: ComponentConfig;
  readonly sendRequest: SendRequest;
  /** What all of them have the host hold. */
  readonly held: HeldTotal;
  /** Tells the operator of a bound that a guest has reached. */
  readonly tell: (what: string) => void;
}

/** What one guest may touch: its environment, its output as lines, and the network. Each is made when the guest asks for it. */
export class RequestGrants implements Grants, Disposable {
  readonly request: ServedRequest;
  readonly limits: RequestLimits;
  readonly held: HeldBytes;
  readonly timeoutMs: number;
  readonly cpuTimeoutMs: number;
  readonly clock: ComponentConfig['clock'];
  readonly #host: HostGrants;
  readonly #head: Pick<RequestHead, 'fields'>;
  #quota: OutputQuota | undefined;
  #stdout: LineSink | undefined;
  #stderr: LineSink | undefined;

  /** `head` is the client's. */
  constructor(request: ServedRequest, host: HostGrants, head: Pick<RequestHead, 'fields'>) {
    const { config } = host;
    this.request = request;
    this.#host = host;
    this.#head = head;
    this.limits = config.limits;
    this.held = new HeldBytes(config.limits.maxHeldBytes, host.held);
    this.timeoutMs = config.timeoutMs;
    this.cpuTimeoutMs = config.cpuTimeoutMs;
    this.clock = config.clock;
  }

  /** Says that the request comes by way of this host, so that guests that call each other in a loop come to an end. */
  get sendRequest(): SendRequest {
    return (request, signal) =>
      this.#host.sendRequest({ ...request, fields: withHop(request.fields, this.#head.fields) }, signal);
  }

  get tell(): (what: string) => void {
    return this.#host.tell;
  }

  get env(): [string, string][] {
    return [['INSTANCE_ID', `${this.request.ordinal}`], ...Object.entries(this.#host.config.env)];
  }

  get stdout(): LineSink {
    return (this.#stdout ??= this.#createSink('stdout'));
  }

  get stderr(): LineSink {
    return (this.#stderr ??= this.#createSink('stderr'));
  }

  /** Passes on what the guest printed without an end of line. */
  [Symbol.dispose](): void {
    this.#stdout?.[Symbol.dispose]();
    this.#stderr?.[Symbol.dispose]();
  }

  #createSink(stream: 'stdout' | 'stderr'): LineSink {
    const { loggingPrefix, writeGuestOutput } = this.#host.config;
    return new LineSink({
      prefix: loggingPrefix === 'shown' ? linePrefix(stream, this.request.ordinal) : undefined,
      quota: (this.#quota ??= new OutputQuota(this.limits.maxOutputBytes)),
      tell: this.#host.tell,
      held: this.held,
      writeLines: (lines) => writeGuestOutput(stream, lines),
    });
  }
}
