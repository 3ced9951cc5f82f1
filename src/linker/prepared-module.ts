import { type Rewritten, rewriteModule } from '../component/rewrite/rewrite.ts';

/** A core module, rewritten and compiled, and what the rewriter says of it. Shared by all instances. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly rewritten: Rewritten;
}

/** Rewrites and compiles each core module once. */
export async function prepareModules(binaries: readonly Uint8Array[], maxMemoryPages: number): Promise<PreparedModule[]> {
  return await Promise.all(
    binaries.map(async (bytes) => {
      const rewritten = rewriteModule(bytes, { maxMemoryPages, memory: 'tracked' });
      const module = await WebAssembly.compile(rewritten.bytes as BufferSource);
      return { module, rewritten };
    }),
  );
}
