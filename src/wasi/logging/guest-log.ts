import type { LoggedMessage } from '../../config/options.ts';
import type { CliGrants } from '../cli/grants.ts';
import { GuestOutput } from '../cli/guest-output.ts';
import type { LineSink } from '../cli/line-sink.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { LoggingGrants } from './grants.ts';

/**
 * Longer texts are cut: nothing interrupts the host while it takes a message, and both together fit a line of the guest's output, which is not broken then.
 */
const MAX_MESSAGE_CHARS = 16 * 1024;
const MAX_CONTEXT_CHARS = 1024;

/**
 * What the guest of a request logs: for the embedder's own function, otherwise lines of the guest's stderr. Both count as its output.
 *
 * Lines after the first of a message are indented, so that no message can pass for another.
 */
export class GuestLog implements Disposable {
  readonly #ctx: WasiCtx<CliGrants & LoggingGrants>;
  /** Apart from what the guest writes to its stderr itself, whose last line may still be unfinished. */
  readonly #sink: LineSink | undefined;

  constructor(ctx: WasiCtx<CliGrants & LoggingGrants>) {
    this.#ctx = ctx;
    this.#sink = ctx.state(GuestOutput).openSink('stderr');
  }

  log(level: LoggedMessage['level'], fullContext: string, fullMessage: string): void {
    const context = cut(fullContext, MAX_CONTEXT_CHARS);
    const message = cut(fullMessage, MAX_MESSAGE_CHARS);
    const line = Buffer.from(`${level}${context === '' ? '' : ` ${toOneLine(context)}`}: ${indent(message)}\n`);
    const { request, logMessage, tell } = this.#ctx.grants;
    if (logMessage === undefined) this.#sink?.write(line);
    else if (this.#ctx.state(GuestOutput).quota.takeWhole(line, tell)) {
      logMessage({ level, context, message, instance: request?.ordinal });
    }
  }

  [Symbol.dispose](): void {
    this.#sink?.[Symbol.dispose]();
  }
}

function cut(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)} [${text.length - maxChars} more]` : text;
}

function toOneLine(text: string): string {
  return text.replaceAll('\n', String.raw`\x0a`);
}

function indent(message: string): string {
  return message.replaceAll('\n', '\n  ');
}
