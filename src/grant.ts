import type { HostConfig } from './config/options.ts';
import { LineSink, OutputQuota, linePrefix } from './wasi/cli/line-sink.ts';
import type { Grants } from './wasi/context.ts';
import type { SendRequest } from './wasi/http/send-request.ts';

/** What one guest may touch: its environment, its output as lines, and the network. Each is made when the guest asks for it. */
export class RequestGrants implements Grants, Disposable {
  readonly sendRequest: SendRequest;
  readonly timeoutMs: number;
  readonly cpuTimeoutMs: number;
  readonly #ordinal: number;
  readonly #config: HostConfig;
  #quota: OutputQuota | undefined;
  #stdout: LineSink | undefined;
  #stderr: LineSink | undefined;

  /** `ordinal` is the number of the request, from 0. */
  constructor(ordinal: number, config: HostConfig, sendRequest: SendRequest) {
    this.#ordinal = ordinal;
    this.#config = config;
    this.sendRequest = sendRequest;
    this.timeoutMs = config.timeoutMs;
    this.cpuTimeoutMs = config.cpuTimeoutMs;
  }

  get env(): [string, string][] {
    return [['INSTANCE_ID', `${this.#ordinal}`], ...Object.entries(this.#config.env)];
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
    const { loggingPrefix, writeGuestOutput } = this.#config;
    return new LineSink({
      prefix: loggingPrefix === 'shown' ? linePrefix(stream, this.#ordinal) : undefined,
      quota: (this.#quota ??= new OutputQuota()),
      writeLines: (lines) => writeGuestOutput(stream, lines),
    });
  }
}
