import { randomBytes, randomFillSync } from 'node:crypto';
import { Trap } from '../../abi/trap.ts';
import type { WasiCtx } from '../context.ts';

/** Node's generator takes 2^31 - 1 bytes a call; pieces of this size keep it as fast. */
const MAX_FILL_BYTES = 1024 * 1024;

/** `len` cryptographically secure bytes. Traps beyond `maxRandomBytes`. */
export function getRandomBytes(ctx: WasiCtx, len: bigint): Uint8Array {
  const { maxRandomBytes } = ctx.limits;
  if (len > maxRandomBytes) throw new Trap(`${len} random bytes asked for at once, the limit is ${maxRandomBytes}`);
  const bytes = new Uint8Array(Number(len));
  for (let offset = 0; offset < bytes.byteLength; offset += MAX_FILL_BYTES) {
    randomFillSync(bytes.subarray(offset, offset + MAX_FILL_BYTES));
  }
  return bytes;
}

/** A cryptographically secure `u64`. */
export function getRandomU64(): bigint {
  return randomBytes(8).readBigUInt64LE();
}
