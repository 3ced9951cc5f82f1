import { type ByteSink, DISCARDING_SINK } from '../../io/byte-sink.ts';
import { runAll } from '../../util/bug.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { CliGrants } from './grants.ts';
import { LineSink, OutputQuota, linePrefix } from './line-sink.ts';

type Stream = 'stdout' | 'stderr';

/** What the guest of a request writes for people: its stdout and stderr as lines, of which there is one quota. */
export class GuestOutput implements Disposable {
  readonly #ctx: WasiCtx<CliGrants>;
  #quota: OutputQuota | undefined;
  #stdout: LineSink | undefined;
  #stderr: LineSink | undefined;

  constructor(ctx: WasiCtx<CliGrants>) {
    this.#ctx = ctx;
  }

  get stdout(): ByteSink {
    return (this.#stdout ??= this.openSink('stdout')) ?? DISCARDING_SINK;
  }

  get stderr(): ByteSink {
    return (this.#stderr ??= this.openSink('stderr')) ?? DISCARDING_SINK;
  }

  /** What all of it takes from. */
  get quota(): OutputQuota {
    return (this.#quota ??= new OutputQuota(this.#ctx.limits.maxOutputBytes));
  }

  /** A sink for lines of its own among those of a stream; the caller disposes it. `undefined` if the guest's output goes nowhere. */
  openSink(stream: Stream): LineSink | undefined {
    const { grants, held } = this.#ctx;
    const { writeOutput, tell } = grants;
    if (writeOutput === undefined) return undefined;
    const prefixOf = (): string | undefined => this.#prefixOf(stream);
    return new LineSink({
      get prefix() {
        return prefixOf();
      },
      quota: this.quota,
      ...(tell && { tell }),
      held,
      writeLines: (lines) => writeOutput(stream, lines),
    });
  }

  /** A guest may have asked for its output before its request came. */
  #prefixOf(stream: Stream): string | undefined {
    const { request, loggingPrefix } = this.#ctx.grants;
    return request === undefined || loggingPrefix === 'hidden' ? undefined : linePrefix(stream, request.ordinal);
  }

  /** Passes on what the guest wrote without an end of line. */
  [Symbol.dispose](): void {
    runAll([() => this.#stdout?.[Symbol.dispose](), () => this.#stderr?.[Symbol.dispose]()]);
  }
}
