import type { KeyPage } from './key-value-store.ts';

/** What a server answered is not what Redis answers to such a command. */
export class BadReply extends Error {}

/** The values of MGET, in the order of the keys. */
export function toValues(reply: unknown, count: number): (Uint8Array | undefined)[] {
  if (!Array.isArray(reply) || reply.length !== count) throw bad('MGET');
  return reply.map((value) => (value === null ? undefined : toBytes(value, 'MGET')));
}

/** The number of EXISTS. */
export function toCount(reply: unknown): number {
  if (typeof reply !== 'number') throw bad('EXISTS');
  return reply;
}

/** The sum that our script gives; `undefined` if it is below 0. */
export function toSum(reply: unknown): bigint | undefined {
  return reply === null ? undefined : toNumber(toBytes(reply, 'EVAL'), 'EVAL');
}

/** A page of SCAN, without the first `prefixLength` characters of its names. */
export function toPage(reply: unknown, prefixLength: number): KeyPage {
  const [at, names] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (!Array.isArray(names)) throw bad('SCAN');
  const cursor = toNumber(toBytes(at, 'SCAN'), 'SCAN');
  const keys = names.map((name) => Buffer.from(toBytes(name, 'SCAN')).toString().slice(prefixLength));
  return { keys, cursor: cursor === 0n ? undefined : BigInt.asUintN(64, cursor) };
}

function toNumber(bytes: Uint8Array, command: string): bigint {
  const text = Buffer.from(bytes).toString('latin1');
  if (!/^-?\d{1,20}$/.test(text)) throw bad(command);
  return BigInt(text);
}

function toBytes(value: unknown, command: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw bad(command);
  return value;
}

function bad(command: string): BadReply {
  return new BadReply(`what the server answered to ${command} is not an answer of Redis`);
}
