import type { BigIntStats } from 'node:fs';
import type { Datetime } from '../clocks/wall-clock.ts';
import { type DescriptorType, typeOf } from './open-file.ts';

/** WIT's `new-timestamp`. */
export type NewTimestamp =
  | { readonly tag: 'no-change' }
  | { readonly tag: 'now' }
  | { readonly tag: 'timestamp'; readonly val: Datetime };

/** WIT's `descriptor-stat`. */
export interface DescriptorStat {
  readonly type: DescriptorType;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataAccessTimestamp: Datetime | undefined;
  readonly dataModificationTimestamp: Datetime | undefined;
  readonly statusChangeTimestamp: Datetime | undefined;
}

const NS_PER_SECOND = 1_000_000_000n;

export function toDescriptorStat(stats: BigIntStats): DescriptorStat {
  return {
    type: typeOf(stats),
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: toDatetime(stats.atimeNs),
    dataModificationTimestamp: toDatetime(stats.mtimeNs),
    statusChangeTimestamp: toDatetime(stats.ctimeNs),
  };
}

/** `undefined` before 1970, of which WIT has no times. */
function toDatetime(ns: bigint): Datetime | undefined {
  if (ns < 0n) return undefined;
  return { seconds: ns / NS_PER_SECOND, nanoseconds: Number(ns % NS_PER_SECOND) };
}

/**
 * A timestamp as Node takes it, in seconds: a double, which has steps of a quarter of a microsecond. Node passes the time of an invalid date on as NaN, which
 * libuv takes as "leave it as it is" (`UV_FS_UTIME_OMIT`).
 */
export function toNodeTime(timestamp: NewTimestamp): number | Date {
  if (timestamp.tag === 'no-change') return new Date(NaN);
  if (timestamp.tag !== 'timestamp') return Date.now() / 1000;
  const { seconds, nanoseconds } = timestamp.val;
  return Number(seconds) + nanoseconds / Number(NS_PER_SECOND);
}

/** WIT's `metadata-hash-value`. */
export interface MetadataHash {
  readonly lower: bigint;
  readonly upper: bigint;
}

/** The same for a file as long as it exists: C libraries take it for the number of its inode. */
export function hashMetadata({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): MetadataHash {
  const lower = mix(ino ^ mix(dev));
  return { lower, upper: mix(lower) };
}

/** Spreads 64 bits. Source: the finalizer of splitmix64. */
function mix(bits: bigint): bigint {
  let mixed = BigInt.asUintN(64, bits + 0x9e3779b97f4a7c15n);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return mixed ^ (mixed >> 31n);
}
