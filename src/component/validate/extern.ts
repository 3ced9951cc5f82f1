import type { ExternName, ExternType, SortIndex } from '../definitions.ts';
import {
  type CheckedType,
  type EntityType,
  type ExportPath,
  type InstanceType,
  type ResourceIdentity,
  newResource,
  toTypeEntity,
  withNewName,
} from './checked-types.ts';
import { type Frame, definitionAt, componentTypeAt, funcTypeAt, instanceTypeAt, moduleTypeAt } from './frame.ts';
import { NamedTypes } from './named-types.ts';
import { printEntity, shorten } from './print.ts';
import { Substitution } from './substitution.ts';
import { Subtyping } from './subtyping.ts';
import type { Validation } from './validation.ts';

/** The declared type of an import or export. */
export function declaredEntity(validation: Validation, frame: Frame, name: string, type: ExternType): EntityType {
  const { offset } = validation;
  switch (type.sort) {
    case 'core module':
      return { sort: type.sort, offset, type: moduleTypeAt(validation, frame, type.type) };
    case 'func':
      return { sort: type.sort, offset, type: funcTypeAt(validation, frame, type.type) };
    case 'instance':
      return { sort: type.sort, offset, type: instanceTypeAt(validation, frame, type.type) };
    case 'component':
      return { sort: type.sort, offset, type: componentTypeAt(validation, frame, type.type) };
    case 'type':
      break;
  }
  return { offset, ...boundedType(validation, frame, name, type.bound) };
}

function boundedType(
  validation: Validation,
  frame: Frame,
  name: string,
  bound: (ExternType & { sort: 'type' })['bound'],
): EntityType {
  if (bound === 'resource') return toTypeEntity({ sort: 'resource', resource: newResource(name) });
  const referenced = definitionAt(validation, frame.types, bound.eq, 'type');
  return { sort: 'type', referenced, created: withNewName(referenced, name) };
}

/** The type of the item at an index of `sort`, passed on without a new name. */
export function entityAt(validation: Validation, frame: Frame, { sort, index }: SortIndex): EntityType {
  switch (sort) {
    case 'func':
      return { sort, type: definitionAt(validation, frame.funcs, index, sort) };
    case 'type':
      return toTypeEntity(definitionAt(validation, frame.types, index, sort));
    case 'instance':
      return { sort, type: definitionAt(validation, frame.instances, index, sort) };
    case 'component':
      return { sort, type: definitionAt(validation, frame.components, index, sort) };
    case 'core module':
      return { sort, type: definitionAt(validation, frame.coreModules, index, sort) };
    case 'value':
      return validation.refuse('values are not part of WASI 0.2');
    case 'core func':
    case 'core table':
    case 'core memory':
    case 'core global':
    case 'core tag':
    case 'core type':
    case 'core instance':
      break;
  }
  return validation.fail(`a component cannot pass on a ${sort}`);
}

/** Adds an import to the component, and its item to the index space of its sort. */
export function addImport(
  validation: Validation,
  frame: Frame,
  { type, ...named }: ExternName & { readonly type: ExternType },
): void {
  const { name } = named;
  const declared = declaredEntity(validation, frame, name, type);
  const entity = declared.sort === 'instance' ? importInstance(validation, frame, name, declared) : declared;
  addToSpace(frame, entity);
  if (entity.sort === 'type' && entity.created.sort === 'resource') {
    const { resource } = entity.created;
    if (entity.created === entity.referenced) frame.importedResources.set(resource.identity, here(name));
    frame.importNames.addResource(name, resource);
  }
  checkNamed(validation, frame, { kind: 'import', name, entity });
  frame.importNames.add(validation, named, entity);
  frame.imports.set(name, entity);
}

/** An imported instance has new resources, which now belong to the importer. */
function importInstance(
  validation: Validation,
  frame: Frame,
  name: string,
  entity: EntityType & { sort: 'instance' },
): EntityType {
  const { definedResources, explicitResources } = entity.type;
  const { type, fresh } = refreshInstance(validation, entity.type);
  for (const identity of definedResources) {
    const path = explicitResources.get(identity);
    const made = fresh.get(identity);
    if (made !== undefined) frame.importedResources.set(made, { name, inside: path });
  }
  return { ...entity, type };
}

/** An instance of the type, with new resources. */
function refreshInstance(
  validation: Validation,
  type: InstanceType,
): { readonly type: InstanceType; readonly fresh: ReadonlyMap<ResourceIdentity, ResourceIdentity> } {
  const fresh = new Map<ResourceIdentity, ResourceIdentity>();
  validation.spend(type.definedResources.size);
  for (const identity of type.definedResources) fresh.set(identity, { name: identity.name });
  if (fresh.size === 0) return { type, fresh };
  const substitution = new Substitution(validation, fresh);
  const exports = substitution.entities(type.exports);
  const explicitResources = substitution.paths(type.explicitResources);
  return { type: { ...type, exports, explicitResources, definedResources: new Set() }, fresh };
}

/** The type of an export as others see it: the ascribed type, if it matches. */
export function exportedEntity(
  validation: Validation,
  frame: Frame,
  { name, ref, type }: { readonly name: string; readonly ref: SortIndex; readonly type: ExternType | undefined },
): EntityType {
  const { offset } = validation;
  const actual = entityAt(validation, frame, ref);
  if (type !== undefined) {
    const ascribed = declaredEntity(validation, frame, name, type);
    const mismatch = new Subtyping(validation).entity(actual, ascribed);
    if (mismatch !== undefined)
      validation.fail(`the export "${shorten(name)}" does not have its ascribed type: ${mismatch}`);
    return ascribed;
  }
  if (actual.sort !== 'type') return { ...actual, offset };
  return { ...actual, offset, created: withNewName(actual.referenced, name) };
}

/** Adds an export to the component, and its item, under the new name, to the index space of its sort. */
export function addExport(validation: Validation, frame: Frame, named: ExternName, exported: EntityType): void {
  const { name } = named;
  const entity = exported.sort === 'instance' ? exportInstance(validation, frame, name, exported) : exported;
  addToSpace(frame, entity);
  if (entity.sort === 'type' && entity.created.sort === 'resource') {
    const { resource } = entity.created;
    if (entity.created === entity.referenced) frame.definedResources.set(resource.identity, 'elsewhere');
    noteExplicit(frame, resource.identity, here(name));
    frame.exportNames.addResource(name, resource);
  }
  checkNamed(validation, frame, { kind: 'export', name, entity });
  frame.exportNames.add(validation, named, entity);
  frame.exports.set(name, entity);
}

/** An instance exported in a type has new resources, which belong to the enclosing type. */
function exportInstance(
  validation: Validation,
  frame: Frame,
  name: string,
  entity: EntityType & { sort: 'instance' },
): EntityType {
  const { type, fresh } = refreshInstance(validation, entity.type);
  for (const identity of fresh.values()) frame.definedResources.set(identity, 'elsewhere');
  validation.spend(type.explicitResources.size);
  for (const [identity, path] of type.explicitResources) noteExplicit(frame, identity, { name, inside: path });
  return { ...entity, type };
}

/** Records the first export of a resource: later ones are declared equal to it. */
function noteExplicit(frame: Frame, identity: ResourceIdentity, path: ExportPath): void {
  if (!frame.explicitResources.has(identity)) frame.explicitResources.set(identity, path);
}

function here(name: string): ExportPath {
  return { name, inside: undefined };
}

function checkNamed(
  validation: Validation,
  frame: Frame,
  { kind, name, entity }: { kind: 'import' | 'export'; name: string; entity: EntityType },
): void {
  if (frame.kind === 'instance type' || new NamedTypes(validation, frame, kind).add(entity)) return;
  validation.fail(`the ${kind} "${shorten(name)}" refers to an unnamed type: ${printEntity(entity)}`);
}

/** Adds an item to the index space of its sort. */
export function addToSpace(frame: Frame, entity: EntityType): void {
  switch (entity.sort) {
    case 'core module':
      frame.coreModules.push(entity.type);
      break;
    case 'func':
      frame.funcs.push(entity.type);
      break;
    case 'type':
      frame.types.push(entity.created);
      break;
    case 'instance':
      frame.instances.push(entity.type);
      break;
    case 'component':
      frame.components.push(entity.type);
  }
}

/** The nesting depth of an instance type or component type. */
export function depthOf(...entities: readonly Iterable<EntityType>[]): number {
  let depth = 0;
  for (const group of entities) {
    for (const entity of group) depth = Math.max(depth, depthOfEntity(entity));
  }
  return depth + 1;
}

function depthOfEntity(entity: EntityType): number {
  if (entity.sort === 'instance' || entity.sort === 'component') return entity.type.depth;
  return entity.sort === 'type' ? depthOfType(entity.referenced) : 0;
}

function depthOfType(type: CheckedType): number {
  return type.sort === 'instance' || type.sort === 'component' ? type.type.depth : 0;
}
