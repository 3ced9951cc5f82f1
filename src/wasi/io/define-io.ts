import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:io`. */
export const defineIo = definePackage('wasi:io', '0.2.12');
