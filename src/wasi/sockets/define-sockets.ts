import { definePackage } from '../define-package.ts';

/** Defines an interface of `wasi:sockets`. */
export const defineSockets = definePackage('wasi:sockets', '0.2.12');
