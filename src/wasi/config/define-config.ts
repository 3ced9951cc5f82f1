import { definePackage } from '../define-package.ts';
import { toEncodedWit } from '../encoded-wit.ts';
import { ENCODED_CONFIG } from './encoded-config.ts';

/** Defines an interface of `wasi:config`, a draft: only imports of this very version match. */
export const defineConfig = definePackage(
  'wasi:config',
  '0.2.0-rc.1',
  toEncodedWit('the WIT of wasi:config', ENCODED_CONFIG),
);
