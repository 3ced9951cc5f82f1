import type { ResourceType, ValType } from '../abi/types.ts';
import type { TypeDefinition, ValTypeRef } from './definitions.ts';

/** The definition of a value type. */
export type ValueDefinition = Exclude<TypeDefinition, { kind: 'resource' | 'func' | 'component' | 'instance' }>;

/** Gives the types that a definition refers to. */
export interface Referents {
  readonly part: (ref: ValTypeRef) => ValType;
  readonly resource: (index: number) => ResourceType;
  /** The type is not part of WASI 0.2. */
  readonly refuse: (kind: string) => never;
}

/** The value type that a definition makes of what it refers to. */
export function toValType(type: ValueDefinition, { part, resource, refuse }: Referents): ValType {
  const optional = (ref: ValTypeRef | undefined): ValType | undefined => ref && part(ref);
  switch (type.kind) {
    case 'prim':
      return part({ prim: type.prim });
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
      return { kind: type.kind, resource: resource(type.resource) };
    case 'stream':
    case 'future':
    case 'map':
      break;
  }
  return refuse(type.kind);
}
