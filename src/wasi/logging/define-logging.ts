import { definePackage } from '../define-package.ts';
import { toEncodedWit } from '../encoded-wit.ts';
import { ENCODED_LOGGING } from './encoded-logging.ts';

/** Defines an interface of `wasi:logging`, a draft: only imports of this very version match. */
export const defineLogging = definePackage(
  'wasi:logging',
  '0.1.0-draft',
  toEncodedWit('the WIT of wasi:logging', ENCODED_LOGGING),
);
