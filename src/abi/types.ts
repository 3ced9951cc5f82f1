import type { ResourceClass } from './host-interface.ts';

/**
 * The types of the component model, resolved: they contain no indices, and a resource type is its identity.
 *
 * Source: "Type Definitions" in component-model `Binary.md`, and the classes at the head of `definitions.py`.
 */
export type ValType =
  | { readonly kind: PrimValType }
  | { readonly kind: 'list'; readonly element: ValType; readonly length: number | undefined }
  | { readonly kind: 'record'; readonly fields: readonly Field[] }
  | { readonly kind: 'tuple'; readonly elements: readonly ValType[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[] }
  | { readonly kind: 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly some: ValType }
  | { readonly kind: 'result'; readonly ok: ValType | undefined; readonly err: ValType | undefined }
  | { readonly kind: 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: ResourceType };

/** The types without parts, except for `error-context`, streams and futures of 0.3. */
export type PrimValType =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string';

export interface Field {
  /** The name in kebab-case, as in WIT. */
  readonly label: string;
  readonly type: ValType;
}

export interface Case {
  readonly label: string;
  readonly type: ValType | undefined;
}

/** A resource type. Two are equal only if they are the same object. */
export interface ResourceType {
  /** The name for messages: the WIT name, if there is one. */
  readonly name: string;
  /** The class of the reps, if the host defines the resource: nothing else can become a handle. */
  readonly repClass?: ResourceClass | undefined;
}

/** The type of a component function. */
export interface FuncType {
  readonly params: readonly Field[];
  readonly result: ValType | undefined;
}

/** A core value type as it occurs in flattened signatures. */
export type CoreType = 'i32' | 'i64' | 'f32' | 'f64';
