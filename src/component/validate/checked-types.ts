import type { FuncType, PrimValType, ResourceType, ValType } from '../../abi/types.ts';
import type { CoreModuleType } from './core-types.ts';

/** Which resource a type means: one object for each import, definition and instantiation that brings a new one. */
export interface ResourceIdentity {
  /** For messages. */
  readonly name: string;
}

/**
 * A resource type under one of its names. Two are the same resource if their identities are.
 *
 * All resource types that validation makes are of this kind.
 */
export interface NamedResource extends ResourceType {
  readonly identity: ResourceIdentity;
}

/** Where in nested instances something is: the name of an export, then what is inside it. */
export interface ExportPath {
  readonly name: string;
  readonly inside: ExportPath | undefined;
}

/** The type of anything that has an index among types. */
export type CheckedType =
  | { readonly sort: 'value'; readonly type: ValType }
  | { readonly sort: 'resource'; readonly resource: NamedResource }
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'instance'; readonly type: InstanceType }
  | { readonly sort: 'component'; readonly type: ComponentType };

/** The type of what is imported or exported. */
export type EntityType = {
  /** Where it was declared, from the start of the file; absent where it was not declared but made. */
  readonly offset?: number;
} & (
  | { readonly sort: 'core module'; readonly type: CoreModuleType }
  | { readonly sort: 'func'; readonly type: FuncType }
  | TypeEntity
  | { readonly sort: 'instance'; readonly type: InstanceType }
  | { readonly sort: 'component'; readonly type: ComponentType }
);

/** A type under a new name. */
export interface TypeEntity {
  readonly sort: 'type';
  /** What the new name means: an object of its own, so that it can be told whether a type was named. */
  readonly created: CheckedType;
  /** What it is equal to; the same object as `created` if the name brings a new resource. */
  readonly referenced: CheckedType;
}

export type Entities = ReadonlyMap<string, EntityType>;

export interface InstanceType {
  readonly exports: Entities;
  /** Resources that each instance of this type has for itself. Empty for an instance that exists. */
  readonly definedResources: ReadonlySet<ResourceIdentity>;
  /** Where each resource is exported. */
  readonly explicitResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  readonly depth: number;
}

export interface ComponentType {
  readonly imports: Entities;
  readonly exports: Entities;
  /** Resources that imports bring, by where. */
  readonly importedResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  /** Resources that each instantiation makes anew and exports, by where. */
  readonly definedResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  readonly explicitResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  readonly depth: number;
}

const PRIMS: ReadonlySet<string> = new Set<PrimValType>([
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
]);

/** Whether a type has no parts, nor labels. */
export function isPrim(type: ValType): type is ValType & { readonly kind: PrimValType } {
  return PRIMS.has(type.kind);
}

/** How many parts a type of values is made of, not counting what these are made of. */
export function countParts(type: ValType): number {
  if (type.kind === 'record') return type.fields.length;
  if (type.kind === 'variant') return type.cases.length;
  return type.kind === 'tuple' ? type.elements.length : 1;
}

/** The identity of a resource type that validation made. */
export function identityOf(resource: ResourceType): ResourceIdentity {
  return (resource as NamedResource).identity;
}

/** A resource that is no other's. */
export function newResource(name: string): NamedResource {
  return { name, identity: { name } };
}

/** The same type, or the same resource, under a name of its own. */
export function withNewName(type: CheckedType, name: string): CheckedType {
  if (type.sort === 'resource') return { sort: 'resource', resource: { name, identity: type.resource.identity } };
  if (type.sort === 'value') return { sort: 'value', type: { ...type.type } };
  return type;
}

/** The entity that a type under an index is, passed on under no new name. */
export function toTypeEntity(type: CheckedType): TypeEntity {
  return { sort: 'type', created: type, referenced: type };
}

/** What tells whether a type was named: a value type's or a resource type's own object. */
export function nameKeyOf(type: CheckedType): object {
  if (type.sort === 'resource') return type.resource;
  return type.type;
}
