import type { EncodedWit } from '../abi/host-interface.ts';

/** Types in binary form, as `npm run wit` writes them: base64. `label` is for messages. */
export function toEncodedWit(label: string, base64: string): EncodedWit {
  return Object.freeze({ label, decode: () => Buffer.from(base64, 'base64') });
}
