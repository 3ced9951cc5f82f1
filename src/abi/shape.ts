import { casesOf, type VariantLike } from './despecialize.ts';
import type { ResourceClass } from './host-interface.ts';
import type { ResourceType, ValType } from './types.ts';

/** The case that a JavaScript value of a variant, enum, option or result is in. */
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

/** Whether an option has to say in so many words what it is, because `undefined` is one of the values within it. */
export function isTaggedOption(t: VariantLike): boolean {
  return t.kind === 'option' && t.some.kind === 'option';
}

/** The case of `v`, and what it carries. Throws a TypeError where the host gave what is not of the type. Source: `match_case`. */
export function matchCase(v: unknown, t: VariantLike): MatchedCase {
  if (t.kind === 'option' && !isTaggedOption(t)) {
    return isNone(v) ? { index: 0, value: undefined } : { index: 1, value: v };
  }
  const { tag, val } = t.kind === 'enum' ? { tag: v, val: undefined } : (v as { tag: unknown; val: unknown });
  const index = casesOf(t).findIndex((c) => c.label === tag);
  return index === -1 ? throwNoCase(tag) : { index, value: val };
}

/** The JavaScript value for case `index` that carries `value`. */
export function toCaseValue(t: VariantLike, index: number, value: unknown): unknown {
  if (t.kind === 'option' && !isTaggedOption(t)) return index === 0 ? undefined : value;
  const tag = casesOf(t)[index]?.label;
  return t.kind === 'enum' ? tag : { tag, val: value };
}

/** The JavaScript value for a list of elements that were lifted one by one. */
export function toListValue(element: ValType, values: readonly unknown[]): unknown {
  return element.kind === 'u8' ? Uint8Array.from(values as number[]) : values;
}

/** JavaScript's own imports of a user may say `null` where they mean nothing. */
export function isNone(v: unknown): v is undefined | null {
  return v === undefined || v === null;
}

/** The number of elements of a list from the host. Throws a TypeError where it is no list, or has another length than `fixed`. */
export function lengthOf(v: unknown, fixed?: number): number {
  const length = (v as ArrayLike<unknown> | undefined)?.length;
  if (typeof length !== 'number' || typeof v === 'string') throw new TypeError(`the host gave ${typeof v} for a list`);
  if (fixed !== undefined && fixed !== length) throw new TypeError(`the host gave ${length} elements for ${fixed}`);
  return length;
}

/** The host gave a case that the type does not have. */
export function throwNoCase(tag: unknown): never {
  throw new TypeError(`the host gave the case ${JSON.stringify(tag)}, which the type does not have`);
}

/** `v`, which the host gave for a resource. Throws a TypeError where the host defines that and `v` is not of its class. */
export function checkRep(v: unknown, type: ResourceType): unknown {
  return type.repClass === undefined || isRep(v, type.repClass) ? v : throwNotRep(type);
}

/** The host gave something else for a resource that it defines. */
export function throwNotRep({ name }: ResourceType): never {
  throw new TypeError(`the host gave what is not a ${name}`);
}

/** `v`, which the host gave for a number. Throws a TypeError where it is none. */
export function checkNumber(v: unknown): number {
  return typeof v === 'number' ? v : throwNotNumber(v, 'number');
}

/** `v`, which the host gave for an integer of 64 bits. Throws a TypeError where it is none. */
export function checkBigInt(v: unknown): bigint {
  return typeof v === 'bigint' ? v : throwNotNumber(v, 'bigint');
}

/** The host gave something else for a number. */
export function throwNotNumber(v: unknown, wanted: 'number' | 'bigint'): never {
  throw new TypeError(`the host gave ${typeof v} for a ${wanted}`);
}

/** A boolean of the host, or what it takes for one, as the guest's. */
export function isTrue(v: unknown): 0 | 1 {
  return v ? 1 : 0;
}

/** Whether `v` is of a class of reps, which TypeScript knows by its prototype only. */
function isRep(v: unknown, repClass: ResourceClass): boolean {
  return v instanceof (repClass as new () => unknown);
}
