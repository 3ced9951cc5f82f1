import type { WasiCtx } from '../wasi-ctx.ts';
import { defineFilesystem } from './define-filesystem.ts';

/** `wasi:filesystem/preopens`: no directory is granted. Source: wasi-filesystem `preopens.wit`. */
export const preopens = defineFilesystem('preopens', {
  funcs: {
    'get-directories': (_ctx: WasiCtx): readonly never[] => [],
  },
});
