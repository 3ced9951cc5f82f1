import type { FuncType, PrimValType, ResourceType, ValType } from '../../abi/types.ts';
import type { CoreModuleType } from './core-types.ts';

/** Identifies a resource: one object for each import, definition or instantiation that creates a new one. */
export interface ResourceIdentity {
  /** The name for messages. */
  readonly name: string;
}

/**
 * A resource type under one of its names. Two of them are the same resource if their identities are the same object.
 *
 * All resource types created by validation are of this kind.
 */
export interface NamedResource extends ResourceType {
  readonly identity: ResourceIdentity;
}

/** A path in nested instances: the name of an export, then a path inside it. */
export interface ExportPath {
  readonly name: string;
  readonly inside: ExportPath | undefined;
}

/** The type of anything in the index space of types. */
export type CheckedType =
  | { readonly sort: 'value'; readonly type: ValType }
  | { readonly sort: 'resource'; readonly resource: NamedResource }
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'instance'; readonly type: InstanceType }
  | { readonly sort: 'component'; readonly type: ComponentType };

/** The type of an import or export. */
export type EntityType = {
  /** The offset of its declaration, from the start of the file; absent if it was not declared but derived. */
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
  /** The type under the new name: a new object, so that named types can be recognised. */
  readonly created: CheckedType;
  /** The type that it equals; the same object as `created` if the name introduces a new resource. */
  readonly referenced: CheckedType;
}

export type Entities = ReadonlyMap<string, EntityType>;

export interface InstanceType {
  readonly exports: Entities;
  /** Resources that each instance of this type has of its own. Empty for an existing instance. */
  readonly definedResources: ReadonlySet<ResourceIdentity>;
  /** The path at which each resource is exported. */
  readonly explicitResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  readonly depth: number;
}

export interface ComponentType {
  readonly imports: Entities;
  readonly exports: Entities;
  /** Resources introduced by imports, with their paths. */
  readonly importedResources: ReadonlyMap<ResourceIdentity, ExportPath>;
  /** Resources that each instantiation creates and exports, with their paths. */
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

/** Whether a type has neither parts nor labels. */
export function isPrim(type: ValType): type is ValType & { readonly kind: PrimValType } {
  return PRIMS.has(type.kind);
}

/** How many direct parts a value type has. */
export function countParts(type: ValType): number {
  if (type.kind === 'record') return type.fields.length;
  if (type.kind === 'variant') return type.cases.length;
  return type.kind === 'tuple' ? type.elements.length : 1;
}

/** The identity of a resource type created by validation. */
export function identityOf(resource: ResourceType): ResourceIdentity {
  return (resource as NamedResource).identity;
}

/** Creates a new resource, different from all others. */
export function newResource(name: string): NamedResource {
  return { name, identity: { name } };
}

/** The same type, or the same resource, under a name of its own. */
export function withNewName(type: CheckedType, name: string): CheckedType {
  if (type.sort === 'resource') return { sort: 'resource', resource: { name, identity: type.resource.identity } };
  if (type.sort === 'value') return { sort: 'value', type: { ...type.type } };
  return type;
}

/** The entity of an indexed type, passed on without a new name. */
export function toTypeEntity(type: CheckedType): TypeEntity {
  return { sort: 'type', created: type, referenced: type };
}

/** The object by which a named type is recognised: that of the value type or the resource type. */
export function nameKeyOf(type: CheckedType): object {
  if (type.sort === 'resource') return type.resource;
  return type.type;
}
