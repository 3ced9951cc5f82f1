import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:clocks`. */
export const defineClocks = definePackage('wasi:clocks', '0.2.12');
