import type * as Ffi from 'node:ffi';

export type FfiModule = typeof Ffi;

/** Node's module, without the warning that it is experimental: nobody who serves a component has to know. `undefined` where there is none. */
export function loadFfi(): FfiModule | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi') as FfiModule | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
