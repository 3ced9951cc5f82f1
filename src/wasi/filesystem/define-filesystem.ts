import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:filesystem`. */
export const defineFilesystem = definePackage('wasi:filesystem', '0.2.12');
