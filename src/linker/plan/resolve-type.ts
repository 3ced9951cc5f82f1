import type { FuncType, ResourceType, ValType } from '../../abi/types.ts';
import type { TypeDefinition, ValTypeRef } from '../../component/definitions.ts';
import { type ValueDefinition, toValType } from '../../component/val-type.ts';
import { HostError } from '../../util/host-error.ts';
import { type TypeRef, type TypeScope, itemAt } from './scope.ts';

/** Resolves a type's indices in `scope`. A `resource` is created elsewhere, where its component instance is known. */
export function resolveType(type: Exclude<TypeDefinition, { kind: 'resource' }>, scope: TypeScope): TypeRef {
  if (type.kind === 'func') return { sort: 'func', type: resolveFunc(type, scope) };
  if ('declarations' in type) return { sort: 'declarations', declarations: type.declarations, scope };
  return { sort: 'value', type: resolveValue(type, scope) };
}

function resolveValue(type: ValueDefinition, scope: TypeScope): ValType {
  return toValType(type, {
    part: (ref) => resolveRef(ref, scope),
    resource: (index) => resourceAt(scope, index),
    refuse: (kind) => {
      throw new HostError('not-supported', `the type ${kind} is not part of WASI 0.2`);
    },
  });
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
