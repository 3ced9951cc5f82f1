import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** The folder of the project, in which commands run. */
export const ROOT = join(import.meta.dirname, '../..');

/** A `wasi-serve` process. Disposing kills it if it is still running, and removes its cache. */
export interface WasiServe extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  readonly text: Readonly<Record<'stdout' | 'stderr', string>>;
  /** Resolves to the match as soon as a stream contains one; rejects if the process ends before that. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpMatchArray>;
  kill(signal: NodeJS.Signals): void;
  /** Nobody reads what it writes any more. */
  closeStreams(): void;
  /** Resolves with the exit code, or the signal that ended it, when all is read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/**
 * Starts `wasi-serve` with `args`, in the project's folder, with `env` in addition to PATH and HOME; with the command `by`, if there is one; with
 * descriptors `fds` from its third on.
 */
export function wasiServe(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  by: readonly string[] = [],
  ...fds: readonly number[]
): WasiServe {
  const { PATH, HOME } = process.env;
  const cache = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
  const [command = '', ...all] = [...by, process.execPath, 'src/main.ts', ...args];
  const child = spawn(command, all, {
    cwd: ROOT,
    env: { PATH, HOME, XDG_CACHE_HOME: cache, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...fds],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
      for (const look of watchers) look();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    pid: child.pid ?? 0,
    text,
    ended,
    kill: (signal) => void child.kill(signal),
    closeStreams: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    until: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text[stream]);
          if (match === null) return;
          watchers.delete(look);
          resolve(match);
        };
        watchers.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${text.stderr}`)));
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

/** A command that ends by itself. */
export async function runWasiServe(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number | NodeJS.Signals | null; readonly stdout: string; readonly stderr: string }> {
  await using command = wasiServe(args, env);
  const code = await command.ended;
  return { code, ...command.text };
}

/** A serving process and where it serves. */
export async function servingOn(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  by: readonly string[] = [],
): Promise<WasiServe & { readonly origin: string }> {
  const serving = wasiServe([...args, '--addr', '127.0.0.1:0'], env, by);
  const [, origin = ''] = await serving.until('stderr', /Serving HTTP on (http:\/\/127\.0\.0\.1:\d+)\//);
  return { ...serving, origin };
}

/** A guest in components/, from the project's folder. */
export function guestPath(name: string): string {
  return `components/${name}/${name}.wasm`;
}
