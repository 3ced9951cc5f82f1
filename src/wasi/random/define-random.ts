import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:random`. */
export const defineRandom = definePackage('wasi:random', '0.2.12');
