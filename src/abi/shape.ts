import { casesOf, type VariantLike } from './despecialize.ts';
import type { ResourceClass } from './host-interface.ts';
import type { ResourceType, ValType } from './types.ts';

/** The case of a JavaScript value of a variant, enum, option or result. */
export interface MatchedCase {
  readonly index: number;
  readonly value: unknown;
}

/** `tls-CA-error` as a key of a JavaScript object: `tlsCaError`. */
export function toKey(label: string): string {
  return label
    .split('-')
    .map((word, i) => (i === 0 ? word.toLowerCase() : word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()))
    .join('');
}

/** Whether an option must be tagged, because `undefined` is one of the values within it. */
export function isTaggedOption(t: VariantLike): boolean {
  return t.kind === 'option' && t.some.kind === 'option';
}

/** The case of `v`, and its payload. Throws a TypeError if the host passed a value of another type. Source: `match_case`. */
export function matchCase(v: unknown, t: VariantLike): MatchedCase {
  if (t.kind === 'option' && !isTaggedOption(t)) {
    return isNone(v) ? { index: 0, value: undefined } : { index: 1, value: v };
  }
  const { tag, val } = t.kind === 'enum' ? { tag: v, val: undefined } : (v as { tag: unknown; val: unknown });
  const index = casesOf(t).findIndex((c) => c.label === tag);
  return index === -1 ? throwNoCase(tag) : { index, value: val };
}

/** The JavaScript value for case `index` with the payload `value`. */
export function toCaseValue(t: VariantLike, index: number, value: unknown): unknown {
  if (t.kind === 'option' && !isTaggedOption(t)) return index === 0 ? undefined : value;
  const tag = casesOf(t)[index]?.label;
  return t.kind === 'enum' ? tag : { tag, val: value };
}

/** The JavaScript value for a list of elements that were lifted one by one. */
export function toListValue(element: ValType, values: readonly unknown[]): unknown {
  return element.kind === 'u8' ? Uint8Array.from(values as number[]) : values;
}

/** Embedders' JavaScript functions may return `null` for nothing. */
export function isNone(v: unknown): v is undefined | null {
  return v === undefined || v === null;
}

/** The length of a list from the host. Throws a TypeError if it is not a list, or its length is not `fixed`. */
export function lengthOf(v: unknown, fixed?: number): number {
  const length = (v as ArrayLike<unknown> | undefined)?.length;
  if (typeof length !== 'number' || typeof v === 'string')
    throw new TypeError(`the host returned ${typeof v} for a list`);
  if (fixed !== undefined && fixed !== length)
    throw new TypeError(`the host returned ${length} elements, expected ${fixed}`);
  return length;
}

/** The host returned a case that the type does not have. */
export function throwNoCase(tag: unknown): never {
  throw new TypeError(`the host returned the unknown case ${JSON.stringify(tag)}`);
}

/** Returns `v`, which the host passed for a resource. Throws a TypeError if the host defines the resource and `v` is not an instance of its class. */
export function checkRep(v: unknown, type: ResourceType): unknown {
  return type.repClass === undefined || isRep(v, type.repClass) ? v : throwNotRep(type);
}

/** The host passed something else for a resource that it defines. */
export function throwNotRep({ name }: ResourceType): never {
  throw new TypeError(`the host returned a value that is not a ${name}`);
}

/** Returns `v`, which the host passed for a number. Throws a TypeError if it is not one. */
export function checkNumber(v: unknown): number {
  return typeof v === 'number' ? v : throwNotNumber(v, 'number');
}

/** Returns `v`, which the host passed for a 64-bit integer. Throws a TypeError if it is not a bigint. */
export function checkBigInt(v: unknown): bigint {
  return typeof v === 'bigint' ? v : throwNotNumber(v, 'bigint');
}

/** The host passed something else for a number. */
export function throwNotNumber(v: unknown, wanted: 'number' | 'bigint'): never {
  throw new TypeError(`the host returned ${typeof v} for a ${wanted}`);
}

/** Converts a boolean, or any truthy or falsy value, of the host. */
export function isTrue(v: unknown): 0 | 1 {
  return v ? 1 : 0;
}

/** Whether `v` is an instance of a class of reps, which TypeScript only knows by its prototype. */
function isRep(v: unknown, repClass: ResourceClass): boolean {
  return v instanceof (repClass as new () => unknown);
}
