import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to run: a program, its arguments, and what its environment has beyond ours. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How long a process may take to end on SIGTERM before it is killed. */
const STOP_GRACE_MS = 3000;

/** How much of the end of each output is kept, in characters: a server's complaint, a load generator's result. */
const OUTPUT_TAIL = 16_000;

/** A started process and all that it starts itself: they are one process group, and end together. */
export class Child implements AsyncDisposable {
  /** Resolves, never rejects, when its outputs are closed and it has ended. */
  readonly closed: Promise<void>;
  readonly #process: ChildProcess;
  readonly #forget: (child: Child) => void;
  readonly #tails = { stdout: '', stderr: '' };
  #failure: string | undefined;

  constructor({ file, args, env, cwd }: Command, forget: (child: Child) => void) {
    this.#forget = forget;
    this.#process = spawn(file, args, {
      detached: true,
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.on('error', (error) => (this.#failure ??= `could not be started: ${error.message}`));
    this.#process.on('exit', (code, signal) => (this.#failure ??= describeExit(code, signal)));
    this.#keepTail('stdout');
    this.#keepTail('stderr');
    this.closed = once(this.#process, 'close').then(
      () => undefined,
      () => undefined,
    );
  }

  /** Undefined where the program could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The end of what it printed so far. */
  get stdout(): string {
    return this.#tails.stdout;
  }

  /** How it ended, with what it said last, or undefined while it runs. */
  get end(): string | undefined {
    if (this.#failure === undefined) return undefined;
    const why = explainingLine(`${this.#tails.stdout}\n${this.#tails.stderr}`);
    return why === '' ? this.#failure : `${this.#failure}, saying: ${why}`;
  }

  /** How it ended, and no more; undefined while it runs. */
  get how(): string | undefined {
    return this.#failure;
  }

  get stderr(): string {
    return this.#tails.stderr;
  }

  get succeeded(): boolean {
    return this.#process.exitCode === 0;
  }

  /** Signals the whole group; one that is gone is fine. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, name);
    } catch {
      // ESRCH: nothing of the group is left.
    }
  }

  /** Ends the group: SIGTERM, and SIGKILL for what is left when its outputs closed or the grace is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    const cancel = new AbortController();
    const grace = sleep(STOP_GRACE_MS, undefined, { signal: cancel.signal }).catch(() => undefined);
    await Promise.race([this.closed, grace]);
    cancel.abort();
    this.signal('SIGKILL');
    await this.closed;
    this.#forget(this);
  }

  #keepTail(name: 'stdout' | 'stderr'): void {
    this.#process[name]?.setEncoding('utf8').on('data', (text: string) => {
      this.#tails[name] = (this.#tails[name] + text).slice(-OUTPUT_TAIL);
    });
  }
}

/** Every process of this run, so that none outlives it. */
export class Processes {
  readonly #open = new Set<Child>();

  /** Starts a process that the caller disposes. */
  start(command: Command): Child {
    const child = new Child(command, (gone) => this.#open.delete(gone));
    this.#open.add(child);
    return child;
  }

  /** Runs a command to its end and returns (the end of) its stdout. Throws where it fails, or when aborted. */
  async run(command: Command, signal: AbortSignal): Promise<string> {
    await using child = this.start(command);
    await Promise.race([child.closed, rejectOnAbort(signal)]);
    if (!child.succeeded) throw new Error(`${command.file}: ${child.end}`);
    return child.stdout;
  }

  /** For the very end of our own process, where nothing can be awaited. */
  killAll(): void {
    for (const child of this.#open) child.signal('SIGKILL');
  }
}

/** The text of whatever was thrown, and of its cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}

async function rejectOnAbort(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw signal.reason;
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}

/** The line that says what went wrong: the first that speaks of an error, else the last. */
function explainingLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => /error|cannot|unknown/i.test(line)) ?? lines.findLast((line) => line !== '') ?? '';
}
