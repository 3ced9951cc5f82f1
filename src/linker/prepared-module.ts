import { type Rewritten, rewriteModule } from '../component/rewrite/rewrite.ts';
import { HostError } from '../util/host-error.ts';

/** A core module, rewritten and compiled, and what the rewriter says of it. Shared by all instances. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly rewritten: Rewritten;
}

/** Rewrites and compiles each core module once. */
export async function prepareModules(
  binaries: readonly Uint8Array[],
  maxMemoryPages: number,
): Promise<PreparedModule[]> {
  return await Promise.all(
    binaries.map(async (bytes) => {
      assertValid(bytes);
      const rewritten = rewriteModule(bytes, { maxMemoryPages, memory: 'tracked' });
      return { module: await compile(rewritten.bytes), rewritten };
    }),
  );
}

/**
 * Refuses what only rewriting would make valid: an index just beyond the module's own memories or globals, which would
 * then be one of ours, shared with other instances. Takes V8 90 ms for 14 MB.
 */
function assertValid(bytes: Uint8Array): void {
  if (WebAssembly.validate(bytes as BufferSource)) return;
  const { message } = findComplaint(bytes);
  throw new HostError('bad-component', `a core module is not valid: ${message}; build the component again`);
}

function findComplaint(bytes: Uint8Array): Error {
  try {
    void new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new Error('V8 does not say why');
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(bytes as BufferSource).catch((error: unknown) => {
    throw new HostError('bad-component', `a core module does not compile: ${String(error)}`, { cause: error });
  });
}
