import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:cli`. */
export const defineCli = definePackage('wasi:cli', '0.2.12');
