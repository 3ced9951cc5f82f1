import type { transpileBytes as TranspileBytes } from '@bytecodealliance/jco-transpile';
import { HostError } from '../util/host-error.ts';
import type { Artifacts } from './cache.ts';
import type { ComponentSource } from './source.ts';

/** Which of the component's imports and exports may suspend, as `wasi:io/poll@0.2.3#poll`. */
export interface SuspendingNames {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** The name of the glue among the artifacts; all others are core modules. */
export const GLUE_NAME = 'component.js';

/** The component as jco splits it: its glue's source and its core modules. Takes seconds for megabytes. */
export async function transpileComponent(source: ComponentSource, names: SuspendingNames): Promise<Artifacts> {
  const options: Parameters<typeof TranspileBytes>[1] = {
    name: 'component',
    instantiation: 'sync',
    asyncMode: 'jspi',
    asyncImports: [...names.imports],
    asyncExports: [...names.exports],
    emitTypescriptDeclarations: false,
    base64Cutoff: 0,
  };
  // Loading jco takes longer than all else that a start without it does.
  const { transpileBytes } = await import('@bytecodealliance/jco-transpile');
  const { files } = await transpileBytes(source.bytes, options).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw new HostError('bad-component', `${source.label} cannot be transpiled by jco: ${detail}`, { cause: error });
  });
  return new Map(Object.entries(files));
}
