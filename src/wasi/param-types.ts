import type { ResourceClass } from '../abi/host-interface.ts';
import type { PrimValType, ValType } from '../abi/types.ts';

/** The types of parameters, for the tables that say what host functions take. */
export const string = prim('string');
export const bool = prim('bool');
export const u8 = prim('u8');
export const u16 = prim('u16');
export const u32 = prim('u32');
export const u64 = prim('u64');
export const bytes = list(u8);

/** WIT's `result` without payloads. */
export const plainResult: ValType = { kind: 'result', ok: undefined, err: undefined };

export function list(element: ValType): ValType {
  return { kind: 'list', element, length: undefined };
}

export function tuple(...elements: readonly ValType[]): ValType {
  return { kind: 'tuple', elements };
}

export function option(some: ValType): ValType {
  return { kind: 'option', some };
}

export function record(types: Readonly<Record<string, ValType>>): ValType {
  return { kind: 'record', fields: Object.entries(types).map(([label, type]) => ({ label, type })) };
}

export function variant(types: Readonly<Record<string, ValType | undefined>>): ValType {
  return { kind: 'variant', cases: Object.entries(types).map(([label, type]) => ({ label, type })) };
}

/** Cases of a variant that carry nothing. */
export function plain(...labels: readonly string[]): Record<string, undefined> {
  return Object.fromEntries(labels.map((label) => [label, undefined]));
}

export function enumeration(...labels: readonly string[]): ValType {
  return { kind: 'enum', labels };
}

export function flags(...labels: readonly string[]): ValType {
  return { kind: 'flags', labels };
}

export function own(name: string, repClass: ResourceClass): ValType {
  return { kind: 'own', resource: { name, repClass } };
}

export function borrow(name: string, repClass: ResourceClass): ValType {
  return { kind: 'borrow', resource: { name, repClass } };
}

function prim(kind: PrimValType): ValType {
  return { kind };
}
