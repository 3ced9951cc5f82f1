import type { EncodedWit } from '../abi/host-interface.ts';
import { ENCODED_WASI } from './encoded-wasi.ts';

/** The types of all WASI interfaces that the host serves, and of what it calls of a component. */
export const wasiWit: EncodedWit = Object.freeze({
  label: 'the WIT of WASI',
  decode: () => Buffer.from(ENCODED_WASI, 'base64'),
});
