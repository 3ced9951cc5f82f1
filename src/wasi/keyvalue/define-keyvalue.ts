import { definePackage } from '../define-package.ts';
import { toEncodedWit } from '../encoded-wit.ts';
import { ENCODED_KEYVALUE } from './encoded-keyvalue.ts';

/** Defines an interface of `wasi:keyvalue`, a draft: only imports of this very version match. */
export const defineKeyvalue = definePackage(
  'wasi:keyvalue',
  '0.2.0-draft',
  toEncodedWit('the WIT of wasi:keyvalue', ENCODED_KEYVALUE),
);
