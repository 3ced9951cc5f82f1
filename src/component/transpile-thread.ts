// What `transpile.ts` runs in a thread: one component, then it ends.
import { parentPort, workerData } from 'node:worker_threads';
import type { Files, GenerateOptions } from '@bytecodealliance/jco-transpile/component';
import { PAGE_BYTES } from '../wasm/page-bytes.ts';
import { rewriteModule } from '../rewriter/rewrite.ts';

/** What the thread is given. */
export interface TranspileJob {
  /** Of the component. */
  readonly bytes: Uint8Array;
  readonly options: GenerateOptions;
  /** To which each memory of jco's own can grow. */
  readonly maxMemoryBytes: number;
}

/** What it gives: the glue and the core modules, by name. */
export type Transpiled = Files;

await transpile(workerData as TranspileJob);

/** Loading jco takes longer than all else that a start without it does: only here it is. */
async function transpile({ bytes, options, maxMemoryBytes }: TranspileJob): Promise<void> {
  boundMemories(maxMemoryBytes);
  const { $init, generate } = await import('@bytecodealliance/jco-transpile/component');
  await $init;
  const { files } = generate(bytes, options);
  const buffers = new Set(files.map(([, file]) => file.buffer as ArrayBuffer));
  parentPort?.postMessage(files satisfies Transpiled, [...buffers]);
}

/** Has all modules that this thread compiles bounded. V8's own limits on a thread leave memories out. */
function boundMemories(maxMemoryBytes: number): void {
  const compile = WebAssembly.compile.bind(WebAssembly);
  const bounds = { maxMemoryPages: maxMemoryBytes / PAGE_BYTES, maxTableElements: 1_000_000, memory: 'plain' } as const;
  WebAssembly.compile = (binary) =>
    compile(rewriteModule(new Uint8Array(binary as ArrayBuffer), bounds).bytes as BufferSource);
}
