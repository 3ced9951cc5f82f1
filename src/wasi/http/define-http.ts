import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:http`. */
export const defineHttp = definePackage('wasi:http', '0.2.12');
