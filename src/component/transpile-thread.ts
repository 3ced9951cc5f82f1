// The thread that `transpile.ts` starts: it transpiles one component, then ends.
import { parentPort, workerData } from 'node:worker_threads';
import type { Files, GenerateOptions } from '@bytecodealliance/jco-transpile/component';
import { PAGE_BYTES } from '../wasm/page-bytes.ts';
import { rewriteModule } from '../rewriter/rewrite.ts';

/** What the thread is given. */
export interface TranspileJob {
  /** The component's bytes. */
  readonly bytes: Uint8Array;
  readonly options: GenerateOptions;
  /** The size to which each of jco's own memories can grow. */
  readonly maxMemoryBytes: number;
}

/** The result: the glue and the core modules, by name. */
export type Transpiled = Files;

await transpile(workerData as TranspileJob);

/** Loading jco takes longer than everything else in a start without it, so it is loaded only here. */
async function transpile({ bytes, options, maxMemoryBytes }: TranspileJob): Promise<void> {
  boundMemories(maxMemoryBytes);
  const { $init, generate } = await import('@bytecodealliance/jco-transpile/component');
  await $init;
  const { files } = generate(bytes, options);
  const buffers = new Set(files.map(([, file]) => file.buffer as ArrayBuffer));
  parentPort?.postMessage(files satisfies Transpiled, [...buffers]);
}

/** Bounds the memories of all modules that this thread compiles: V8's own limits on threads do not cover them. */
function boundMemories(maxMemoryBytes: number): void {
  const compile = WebAssembly.compile.bind(WebAssembly);
  const bounds = { maxMemoryPages: maxMemoryBytes / PAGE_BYTES, maxTableElements: 1_000_000, memory: 'plain' } as const;
  WebAssembly.compile = (binary) =>
    compile(rewriteModule(new Uint8Array(binary as ArrayBuffer), bounds).bytes as BufferSource);
}
