import { ENCODED_WASI } from './encoded-wasi.ts';
import { toEncodedWit } from './encoded-wit.ts';

/** The types of all interfaces of WASI 0.2 that the host serves, and of what it calls of a component. */
export const wasiWit = toEncodedWit('the WIT of WASI', ENCODED_WASI);
