import type { FuncType, PrimValType, ValType } from '../../abi/types.ts';
import type { TypeDefinition, ValTypeRef } from '../definitions.ts';
import { type ValueDefinition, toValType } from '../val-type.ts';
import { type CheckedType, type NamedResource, newResource } from './checked-types.ts';
import { type Frame, definitionAt } from './frame.ts';
import { isLabel } from './names.ts';
import { shorten } from './print.ts';
import type { Validation } from './validation.ts';

/** Defines a value type from its parts. */
export function defineValue(validation: Validation, frame: Frame, type: ValueDefinition): CheckedType {
  checkDefinition(validation, type);
  const defined = toValType(type, {
    part: (ref) => valTypeOf(validation, frame, ref),
    resource: (index) => namedResourceAt(validation, frame, index),
    refuse: (kind) => validation.refuse(`the type ${kind} is not part of WASI 0.2`),
  });
  validation.spend(1);
  validation.infoOf(defined);
  return { sort: 'value', type: defined };
}

/** Checks what concerns no part. */
function checkDefinition(validation: Validation, type: ValueDefinition): void {
  if (type.kind === 'record') checkLabels(validation, 'field', labelsOf(type.fields));
  if (type.kind === 'variant') checkLabels(validation, 'case', labelsOf(type.cases));
  if (type.kind === 'enum') checkLabels(validation, 'case', type.labels);
  if (type.kind === 'flags') checkLabels(validation, 'flag', type.labels);
  if (type.kind === 'list' && type.length === 0) validation.fail('a fixed-length list must not be empty');
}

function labelsOf(items: readonly { readonly label: string }[]): string[] {
  return items.map(({ label }) => label);
}

/** Labels must be in kebab-case, and differ in more than upper and lower case. */
function checkLabels(validation: Validation, what: string, labels: readonly string[]): void {
  const seen = new Set<string>();
  for (const label of labels) {
    validation.spend(1);
    if (!isLabel(label)) validation.fail(`the ${what} "${shorten(label)}" is not in kebab-case`);
    const lower = label.toLowerCase();
    if (seen.has(lower)) validation.fail(`duplicate ${what} "${shorten(label)}"`);
    seen.add(lower);
  }
}

function valTypeOf(validation: Validation, frame: Frame, ref: ValTypeRef): ValType {
  if ('index' in ref) {
    const type = definitionAt(validation, frame.types, ref.index, 'type');
    return type.sort === 'value' ? type.type : validation.fail(`type ${ref.index} is not a value type`);
  }
  if (ref.prim === 'error-context') return validation.refuse('error-context is not part of WASI 0.2');
  return PRIMS[ref.prim];
}

const PRIMS: Readonly<Record<PrimValType, ValType>> = {
  bool: { kind: 'bool' },
  s8: { kind: 's8' },
  u8: { kind: 'u8' },
  s16: { kind: 's16' },
  u16: { kind: 'u16' },
  s32: { kind: 's32' },
  u32: { kind: 'u32' },
  s64: { kind: 's64' },
  u64: { kind: 'u64' },
  f32: { kind: 'f32' },
  f64: { kind: 'f64' },
  char: { kind: 'char' },
  string: { kind: 'string' },
};

/** Defines a function type. Its parameters have unique names, and its result must not contain a borrow. */
export function defineFunc(validation: Validation, frame: Frame, type: TypeDefinition & { kind: 'func' }): FuncType {
  if (type.calling === 'async') validation.refuse('async functions are not part of WASI 0.2');
  checkLabels(validation, 'parameter', labelsOf(type.params));
  const params = type.params.map(({ label, type: ref }) => ({ label, type: valTypeOf(validation, frame, ref) }));
  const result = type.result && valTypeOf(validation, frame, type.result);
  if (result !== undefined && validation.infoOf(result).hasBorrow)
    validation.fail('a function must not return a borrow');
  const func = { params, result };
  validation.sizeOf(func);
  return func;
}

/** Defines a resource type. Its destructor takes the rep. */
export function defineResource(validation: Validation, frame: Frame, destructor: number | undefined): CheckedType {
  if (frame.kind !== 'component') validation.fail(`a resource cannot be defined in an ${frame.kind}`);
  if (destructor !== undefined) {
    const func = definitionAt(validation, frame.coreFuncs, destructor, 'core func');
    if (func !== validation.coreFuncs.func(['i32'], []))
      validation.fail('a destructor must take an i32 and return nothing');
  }
  const resource = newResource('resource');
  frame.definedResources.set(resource.identity, 'here');
  return { sort: 'resource', resource };
}

/** The resource type at `index` in the space of types. */
export function namedResourceAt(validation: Validation, frame: Frame, index: number): NamedResource {
  const type = definitionAt(validation, frame.types, index, 'type');
  return type.sort === 'resource' ? type.resource : validation.fail(`type ${index} is not a resource`);
}
