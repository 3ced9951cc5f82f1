import type { WasiCtx } from '../wasi-ctx.ts';
import { IoError } from '../../io/io-error.ts';
import { ungrantedResource, unreachableMethods } from '../ungranted-resource.ts';
import { defineFilesystem } from './define-filesystem.ts';
import * as t from '../param-types.ts';

/** `wasi:filesystem/types`, which links and gives nothing. Source: wasi-filesystem `types.wit`. */
export const filesystemTypes = defineFilesystem('types', {
  resources: { descriptor: ungrantedResource(), 'directory-entry-stream': ungrantedResource() },
  params: { 'filesystem-error-code': [t.borrow('error', IoError)] },
  funcs: {
    ...unreachableMethods('descriptor', [
      'read-via-stream',
      'write-via-stream',
      'append-via-stream',
      'advise',
      'sync-data',
      'get-flags',
      'get-type',
      'set-size',
      'set-times',
      'read',
      'write',
      'read-directory',
      'sync',
      'create-directory-at',
      'stat',
      'stat-at',
      'set-times-at',
      'link-at',
      'open-at',
      'readlink-at',
      'remove-directory-at',
      'rename-at',
      'symlink-at',
      'unlink-file-at',
      'is-same-object',
      'metadata-hash',
      'metadata-hash-at',
    ]),
    ...unreachableMethods('directory-entry-stream', ['read-directory-entry']),

    /** No stream's error comes from a file. */
    'filesystem-error-code': (_ctx: WasiCtx, _err: IoError): undefined => undefined,
  },
});
