import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HostError } from '../util/host-error.ts';
import { describeMissing, isPermitted } from '../util/permissions.ts';
import type { Artifacts } from './cache.ts';
import type { ComponentSource } from './source.ts';
import type { TranspileJob, Transpiled } from './transpile-thread.ts';

/** Which of the component's imports and exports may suspend, as `wasi:io/poll@0.2.3#poll`. */
export interface SuspendingNames {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** What a transpilation may take. */
export interface TranspileLimits {
  readonly timeoutMs: number;
  /** Of each memory of jco's own; twice as much as components of 200 MB need. */
  readonly maxMemoryBytes: number;
  /** Of the glue, each instance of which is evaluated anew: that of a component of many megabytes has one. */
  readonly maxGlueBytes: number;
}

/** The name of the glue among the artifacts; all others are core modules. */
export const GLUE_NAME = 'component.js';

/** Types of a kilobyte can make jco write gigabytes, which takes it minutes. */
const LIMITS: TranspileLimits = Object.freeze({
  timeoutMs: 60_000,
  maxMemoryBytes: 1024 * 1024 * 1024,
  maxGlueBytes: 32 * 1024 * 1024,
});

/** Of JavaScript's objects, beside the memories: jco has a few megabytes. */
const MAX_HEAP_MIB = 256;

/** The file has the one name in `src/` and the other after `npm run build`. Node takes it not as it is where it runs with `--input-type`. */
const THREAD = `import(${JSON.stringify(new URL(`transpile-thread${extname(import.meta.url)}`, import.meta.url))})`;

/** How much is told of what jco printed when it failed. */
const MAX_SAID_CHARS = 500;

/**
 * The component as jco splits it: its glue's source and its core modules. Takes a second for many megabytes.
 *
 * In a thread of its own, which ends with it: after a panic jco can be used no more, and what it allocated is never given back.
 * Throws `HostError` where jco refuses the component, panics, or takes too much.
 */
export async function transpileComponent(
  source: ComponentSource,
  names: SuspendingNames,
  limits: TranspileLimits = LIMITS,
): Promise<Artifacts> {
  if (!isPermitted('worker')) {
    throw refusal('not-supported', source, `that takes a thread, and ${describeMissing(['worker'])}`);
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

/** Rejects where the thread fails, ends without a result, or takes too long. It is gone then. */
async function runThread(workerData: TranspileJob, { timeoutMs }: TranspileLimits): Promise<Transpiled> {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MIB };
  await using thread = new Worker(THREAD, { eval: true, workerData, resourceLimits, stderr: true });
  // Those who wait for it hear of an error; after them nobody does.
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

/** Rejects with what the thread throws, be it that its memory is used up. */
async function resultOf(thread: Worker, signal: AbortSignal): Promise<Transpiled> {
  const [transpiled] = (await once(thread, 'message', { signal })) as [Transpiled];
  return transpiled;
}

async function endOf(thread: Worker, signal: AbortSignal): Promise<never> {
  const [exitCode] = (await once(thread, 'exit', { signal })) as [number];
  throw new Error(`it ended by itself (${exitCode})`);
}

function describe(error: unknown, said: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [complaint = ''] = said.split('stack backtrace');
  const text = complaint.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_SAID_CHARS);
  return text === '' ? message : `${message} (${text})`;
}
