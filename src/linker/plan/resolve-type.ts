import type { FuncType, ResourceType, ValType } from '../../abi/types.ts';
import type { TypeDefinition, ValTypeRef } from '../../component/definitions.ts';
import { HostError } from '../../util/host-error.ts';
import { type TypeRef, type TypeScope, itemAt } from './scope.ts';

/** Resolves a type's indices in `scope`. A `resource` is created elsewhere, where its component instance is known. */
export function resolveType(type: Exclude<TypeDefinition, { kind: 'resource' }>, scope: TypeScope): TypeRef {
  if (type.kind === 'func') return { sort: 'func', type: resolveFunc(type, scope) };
  if ('declarations' in type) return { sort: 'declarations', declarations: type.declarations, scope };
  return { sort: 'value', type: resolveValue(type, scope) };
}

type ValueDefinition = Exclude<TypeDefinition, { kind: 'resource' | 'func' | 'component' | 'instance' }>;

function resolveValue(type: ValueDefinition, scope: TypeScope): ValType {
  const part = (ref: ValTypeRef): ValType => resolveRef(ref, scope);
  const optional = (ref: ValTypeRef | undefined): ValType | undefined => ref && part(ref);
  switch (type.kind) {
    case 'prim':
      return resolveRef({ prim: type.prim }, scope);
    case 'record':
      return { kind: 'record', fields: type.fields.map((field) => ({ label: field.label, type: part(field.type) })) };
    case 'variant':
      return { kind: 'variant', cases: type.cases.map((c) => ({ label: c.label, type: optional(c.type) })) };
    case 'list':
      return { kind: 'list', element: part(type.element), length: type.length };
    case 'tuple':
      return { kind: 'tuple', elements: type.elements.map(part) };
    case 'flags':
    case 'enum':
      return { kind: type.kind, labels: type.labels };
    case 'option':
      return { kind: 'option', some: part(type.some) };
    case 'result':
      return { kind: 'result', ok: optional(type.ok), err: optional(type.err) };
    case 'own':
    case 'borrow':
      return { kind: type.kind, resource: resourceAt(scope, type.resource) };
    case 'stream':
    case 'future':
    case 'map':
      break;
  }
  throw new HostError('not-supported', `the type ${type.kind} is not part of WASI 0.2`);
}

function resolveRef(ref: ValTypeRef, scope: TypeScope): ValType {
  if ('prim' in ref) {
    if (ref.prim === 'error-context') throw new HostError('not-supported', 'error-context is not part of WASI 0.2');
    return { kind: ref.prim };
  }
  const type = itemAt(scope.types, ref.index, 'type');
  if (type.sort !== 'value') throw new HostError('bad-component', `type ${ref.index} is not a value type`);
  return type.type;
}

function resolveFunc(type: TypeDefinition & { kind: 'func' }, scope: TypeScope): FuncType {
  if (type.calling === 'async') throw new HostError('not-supported', 'async functions are not part of WASI 0.2');
  return {
    params: type.params.map(({ label, type: ref }) => ({ label, type: resolveRef(ref, scope) })),
    result: type.result && resolveRef(type.result, scope),
  };
}

/** The resource type at `index`. */
export function resourceAt(scope: TypeScope, index: number): ResourceType {
  const type = itemAt(scope.types, index, 'type');
  if (type.sort !== 'resource') throw new HostError('bad-component', `type ${index} is not a resource`);
  return type.resource;
}
