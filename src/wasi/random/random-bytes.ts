import { randomFillSync, randomInt } from 'node:crypto';
import { LimitExceeded } from '../../util/trap.ts';
import type { WasiCtx } from '../wasi-ctx.ts';

/** Node's generator takes 2^31 - 1 bytes a call; pieces of this size keep it as fast. */
const MAX_FILL_BYTES = 1024 * 1024;

/** Up to this many bytes, words of Node's `randomInt`, which draws ahead, are faster: a call of the generator takes microseconds. */
const MAX_BYTES_BY_WORD = 64;

/** `len` cryptographically secure bytes. Traps beyond `maxRandomBytes`. */
export function getRandomBytes(ctx: WasiCtx, len: bigint): Uint8Array {
  const { maxRandomBytes } = ctx.limits;
  if (len > maxRandomBytes) {
    throw new LimitExceeded('maxRandomBytes', `random: requested len ${len} exceeds limit ${maxRandomBytes}`);
  }
  const bytes = new Uint8Array(Number(len));
  if (bytes.byteLength <= MAX_BYTES_BY_WORD) fillByWord(bytes);
  else fillByPiece(bytes);
  return bytes;
}

/** A cryptographically secure `u64`. */
export function getRandomU64(): bigint {
  return (BigInt(randomU32()) << 32n) | BigInt(randomU32());
}

function randomU32(): number {
  return randomInt(2 ** 32);
}

function fillByWord(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.byteLength; offset += 4) {
    const word = randomU32();
    for (let i = 0; i < 4; i += 1) bytes[offset + i] = word >>> (8 * i);
  }
}

function fillByPiece(bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.byteLength; offset += MAX_FILL_BYTES) {
    randomFillSync(bytes.subarray(offset, offset + MAX_FILL_BYTES));
  }
}
