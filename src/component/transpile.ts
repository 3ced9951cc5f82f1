import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HostError } from '../util/host-error.ts';
import { hasOwnFile, ownFile } from '../util/own-file.ts';
import { describeMissing, isPermitted } from '../util/permissions.ts';
import type { Artifacts } from './cache/cache.ts';
import type { ComponentSource } from './source.ts';
import type { TranspileJob, Transpiled } from './transpile-thread.ts';

/** Which of the component's imports and exports may suspend, as `wasi:io/poll@0.2.3#poll`. */
export interface SuspendingNames {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** The limits on a transpilation. */
export interface TranspileLimits {
  readonly timeoutMs: number;
  /** The size of each of jco's own memories: twice what components of 200 MB need. */
  readonly maxMemoryBytes: number;
  /** The size of the glue, which is evaluated for each instance. A component of many megabytes has one megabyte. */
  readonly maxGlueBytes: number;
}

/** The name of the glue among the artifacts; all others are core modules. */
export const GLUE_NAME = 'component.js';

/** A kilobyte of types can make jco write gigabytes for minutes. */
const LIMITS: TranspileLimits = Object.freeze({
  timeoutMs: 60_000,
  maxMemoryBytes: 1024 * 1024 * 1024,
  maxGlueBytes: 32 * 1024 * 1024,
});

/** The thread's JavaScript heap, apart from memories: jco needs a few megabytes. */
const MAX_HEAP_MIB = 256;

const THREAD = ownFile('transpile-thread', import.meta.url);

/** How much to quote of what jco printed when it failed. */
const MAX_SAID_CHARS = 500;

/**
 * Transpiles a component with jco to glue code and core modules. Takes a second for many megabytes.
 *
 * This runs in a thread of its own, which ends afterwards: after a panic jco cannot be used again, and it never frees what it allocated.
 * Throws `HostError` if jco rejects the component, panics, or exceeds a limit.
 */
export async function transpileComponent(
  source: ComponentSource,
  names: SuspendingNames,
  limits: TranspileLimits = LIMITS,
): Promise<Artifacts> {
  if (!isPermitted('worker')) {
    throw refusal('not-supported', source, `that requires a thread, but ${describeMissing(['worker'])}`);
  }
  const { bytes } = source;
  const files = await runThread(
    { bytes, options: toOptions(names), maxMemoryBytes: limits.maxMemoryBytes },
    limits,
  ).catch((error: unknown) => {
    throw refusal('bad-component', source, error instanceof Error ? error.message : String(error), error);
  });
  const artifacts = new Map(files);
  const glueBytes = artifacts.get(GLUE_NAME)?.byteLength ?? 0;
  if (glueBytes <= limits.maxGlueBytes) return artifacts;
  throw refusal('bad-component', source, `its glue has ${glueBytes} bytes, the limit is ${limits.maxGlueBytes}`);
}

/** Throws `HostError` if jco cannot be had: a bundle is without the file of its thread. */
export function assertTranspilable(): void {
  if (hasOwnFile(THREAD)) return;
  throw new HostError(
    'not-supported',
    'the jco engine does not run from a bundle: leave wasi-serve out of the bundle (esbuild: --external:wasi-serve)',
  );
}

function refusal(code: HostError['code'], { label }: ComponentSource, reason: string, cause?: unknown): HostError {
  return new HostError(code, `${label} cannot be transpiled with jco: ${reason}`, { cause });
}

function toOptions({ imports, exports }: SuspendingNames): TranspileJob['options'] {
  return {
    name: 'component',
    instantiation: { tag: 'sync' },
    asyncMode: { tag: 'jspi', val: { imports: [...imports], exports: [...exports] } },
    noComponentErrorWrapping: true,
    noTypescript: true,
    base64Cutoff: 0,
  };
}

/** Rejects if the thread fails, ends without a result, or takes too long. The thread is gone then. */
async function runThread(workerData: TranspileJob, { timeoutMs }: TranspileLimits): Promise<Transpiled> {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MIB };
  // Imported from a string, because Node with `--input-type` rejects files.
  await using thread = new Worker(`import(${JSON.stringify(THREAD)})`, {
    eval: true,
    workerData,
    resourceLimits,
    stderr: true,
  });
  // The wait below sees errors; this listener ignores later ones.
  thread.on('error', () => undefined);
  const said: string[] = [];
  thread.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await Promise.race([resultOf(thread, signal), endOf(thread, signal)]);
  } catch (error) {
    if (signal.aborted) throw new Error(`it took more than ${timeoutMs / 1000} seconds`, { cause: error });
    throw new Error(describe(error, said.join('')), { cause: error });
  }
}

/** Rejects with what the thread throws, including when it runs out of memory. */
async function resultOf(thread: Worker, signal: AbortSignal): Promise<Transpiled> {
  const [transpiled] = (await once(thread, 'message', { signal })) as [Transpiled];
  return transpiled;
}

async function endOf(thread: Worker, signal: AbortSignal): Promise<never> {
  const [exitCode] = (await once(thread, 'exit', { signal })) as [number];
  throw new Error(`the thread ended without a result (code ${exitCode})`);
}

function describe(error: unknown, said: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [complaint = ''] = said.split('stack backtrace');
  const text = complaint.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_SAID_CHARS);
  return text === '' ? message : `${message} (${text})`;
}
