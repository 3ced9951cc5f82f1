import { definePackage } from '../define-package.ts';
import { toEncodedWit } from '../encoded-wit.ts';
import { ENCODED_BLOBSTORE } from './encoded-blobstore.ts';

/** Defines an interface of `wasi:blobstore`, a draft: only imports of this very version match. */
export const defineBlobstore = definePackage(
  'wasi:blobstore',
  '0.2.0-draft',
  toEncodedWit('the WIT of wasi:blobstore', ENCODED_BLOBSTORE),
);
