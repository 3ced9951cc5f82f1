import type { WasiCtx } from '../wasi-ctx.ts';
import { defineFilesystem } from './define-filesystem.ts';
import { Descriptor } from './descriptor.ts';
import type { FilesystemGrants } from './grants.ts';

/** `wasi:filesystem/preopens`: the directories that the guest was granted. Source: wasi-filesystem `preopens.wit`. */
export const preopens = defineFilesystem('preopens', {
  funcs: {
    'get-directories': (ctx: WasiCtx<FilesystemGrants>): [Descriptor, string][] =>
      (ctx.grants.directories?.preopened ?? []).map(({ guest, access, file }) => {
        const isWritable = access === 'read-write';
        const mode = { read: true, write: false, mutateDirectory: isWritable };
        return [new Descriptor(ctx, file.hold(), { access, mode }), guest];
      }),
  },
});
