import type {
  Alias,
  ComponentDefinition,
  CoreTypeDefinition,
  Declaration,
  Definition,
  TypeDefinition,
} from '../definitions.ts';
import type { ComponentSource } from '../source.ts';
import { checkCanon } from './canon.ts';
import type {
  CheckedType,
  ComponentType,
  EntityType,
  ExportPath,
  InstanceType,
  ResourceIdentity,
} from './checked-types.ts';
import { typeOfCoreModule } from './core-module.ts';
import type { CoreEntity } from './core-types.ts';
import { defineFunc, defineResource, defineValue } from './define-type.ts';
import { addExport, addImport, addToSpace, declaredEntity, depthOf, exportedEntity } from './extern.ts';
import { FreeResources } from './free-resources.ts';
import { type Frame, type CoreTypeDef, definitionAt, createFrame, outerFrame } from './frame.ts';
import { typeOfCoreInstance, typeOfInstance } from './instance.ts';
import { typeOfModuleType } from './module-type.ts';
import { shorten } from './print.ts';
import { MAX_TYPE_DEPTH, Validation } from './validation.ts';

/**
 * Validates a component, and returns its type: its imports and exports, with the identity of each resource.
 *
 * Throws `HostError` with the offset of what is invalid. Of core modules, only imports and exports are validated; V8 validates the rest.
 *
 * Source: component-model `design/mvp/{Explainer,Subtyping,CanonicalABI}.md`.
 */
export function validateComponent(definition: ComponentDefinition, source: ComponentSource): ComponentType {
  return validateBody(new Validation(source), definition, undefined);
}

function validateBody(
  validation: Validation,
  { definitions }: ComponentDefinition,
  parent: Frame | undefined,
): ComponentType {
  const frame = createFrame('component', parent);
  for (const definition of definitions) {
    validation.spend(1);
    validation.offset = definition.offset;
    validateDefinition(validation, frame, definition);
  }
  return finish(validation, frame);
}

function validateDefinition(validation: Validation, frame: Frame, item: Definition): void {
  switch (item.at) {
    case 'core module':
      frame.coreModules.push(typeOfCoreModule(validation.coreFuncs, item.bytes, (steps) => validation.spend(steps)));
      break;
    case 'core instance':
      frame.coreInstances.push(typeOfCoreInstance(validation, frame, item.expr));
      break;
    case 'core type':
      frame.coreTypes.push(typeOfCoreType(validation, frame, item.type));
      break;
    case 'component':
      frame.components.push(validateBody(validation, item.component, frame));
      break;
    case 'instance':
      frame.instances.push(typeOfInstance(validation, frame, item.expr));
      break;
    case 'alias':
      addAlias(validation, frame, item.alias);
      break;
    case 'type':
      frame.types.push(typeOfType(validation, frame, item.type));
      break;
    case 'canon':
      checkCanon(validation, frame, item.canon);
      break;
    case 'import':
      addImport(validation, frame, item);
      break;
    case 'export':
      addExport(validation, frame, item, exportedEntity(validation, frame, item));
  }
}

function typeOfCoreType(validation: Validation, frame: Frame, type: CoreTypeDefinition): CoreTypeDef {
  if (type.kind === 'module') return { sort: 'module', type: typeOfModuleType(validation, frame, type) };
  return { sort: 'func', type: validation.coreFuncs.func(type.params, type.results) };
}

function typeOfType(validation: Validation, frame: Frame, type: TypeDefinition): CheckedType {
  if (type.kind === 'func') return { sort: 'func', type: defineFunc(validation, frame, type) };
  if (type.kind === 'resource') return defineResource(validation, frame, type.destructor);
  if (!('declarations' in type)) return defineValue(validation, frame, type);
  const declared = declare(validation, frame, type);
  if (type.kind === 'component') return { sort: 'component', type: finish(validation, declared) };
  return { sort: 'instance', type: finishInstance(validation, declared) };
}

/** Validates the declarations of a component type or instance type. */
function declare(
  validation: Validation,
  parent: Frame,
  { kind, declarations }: TypeDefinition & { kind: 'component' | 'instance' },
): Frame {
  const frame = createFrame(`${kind} type`, parent);
  for (const declaration of declarations) {
    validation.spend(1);
    validation.offset = declaration.offset;
    validateDeclaration(validation, frame, declaration);
  }
  return frame;
}

function validateDeclaration(validation: Validation, frame: Frame, item: Declaration): void {
  switch (item.at) {
    case 'core type':
      frame.coreTypes.push(typeOfCoreType(validation, frame, item.type));
      break;
    case 'type':
      frame.types.push(typeOfType(validation, frame, item.type));
      break;
    case 'alias':
      checkAliasInType(validation, item.alias);
      addAlias(validation, frame, item.alias);
      break;
    case 'import':
      if (frame.kind === 'instance type') validation.fail('an instance type cannot have imports');
      addImport(validation, frame, item);
      break;
    case 'export':
      addExport(validation, frame, item, declaredEntity(validation, frame, item.name, item.type));
  }
}

/** Types can only refer to types, and to the instances that contain them. */
function checkAliasInType(validation: Validation, alias: Alias): void {
  if (alias.of === 'export' && (alias.sort === 'type' || alias.sort === 'instance')) return;
  if (alias.of === 'outer' && (alias.sort === 'type' || alias.sort === 'core type')) return;
  validation.fail(`alias of a ${alias.sort} inside a type`);
}

function addAlias(validation: Validation, frame: Frame, alias: Alias): void {
  switch (alias.of) {
    case 'export': {
      const { exports } = definitionAt(validation, frame.instances, alias.instance, 'instance');
      const entity = exports.get(alias.name);
      if (entity?.sort !== alias.sort) validation.fail(`alias of an unknown ${alias.sort} "${shorten(alias.name)}"`);
      else addToSpace(frame, entity);
      break;
    }
    case 'core export': {
      const exports = definitionAt(validation, frame.coreInstances, alias.instance, 'core instance');
      const entity = exports.get(alias.name);
      if (entity?.kind !== alias.sort)
        validation.fail(`alias of an unknown core ${alias.sort} "${shorten(alias.name)}"`);
      else addToCoreSpace(frame, entity);
      break;
    }
    case 'outer':
      addOuter(validation, frame, alias);
  }
}

function addToCoreSpace(frame: Frame, entity: CoreEntity): void {
  switch (entity.kind) {
    case 'func':
      frame.coreFuncs.push(entity.type);
      break;
    case 'tag':
      frame.coreTags.push(entity.type);
      break;
    case 'table':
      frame.coreTables.push(entity);
      break;
    case 'memory':
      frame.coreMemories.push(entity);
      break;
    case 'global':
      frame.coreGlobals.push(entity);
  }
}

function addOuter(validation: Validation, frame: Frame, { sort, count, index }: Alias & { of: 'outer' }): void {
  const { frame: outer, inside } = outerFrame(validation, frame, count);
  if (sort === 'core type') frame.coreTypes.push(definitionAt(validation, outer.coreTypes, index, sort));
  else if (sort === 'core module') frame.coreModules.push(definitionAt(validation, outer.coreModules, index, sort));
  else if (sort === 'component') frame.components.push(definitionAt(validation, outer.components, index, sort));
  else if (sort !== 'type') validation.fail(`outer alias of a ${sort}`);
  else {
    const type = definitionAt(validation, outer.types, index, sort);
    if (inside?.kind === 'component') checkClosed(validation, type);
    frame.types.push(type);
  }
}

/** A component can refer to resources of others only through its imports: otherwise it could not be used outside the enclosing component. */
function checkClosed(validation: Validation, type: CheckedType): void {
  const free = new FreeResources(validation);
  free.type(type);
  if (free.found.size > 0) validation.fail('an outer alias refers to a resource of the enclosing component');
}

function finishInstance(validation: Validation, frame: Frame): InstanceType {
  const { exports, definedResources, explicitResources } = frame;
  const depth = checkDepth(validation, depthOf(exports.values()));
  return { exports, definedResources: new Set(definedResources.keys()), explicitResources, depth };
}

/** The type of a component, from its imports and exports. */
function finish(validation: Validation, frame: Frame): ComponentType {
  const { imports, exports, importedResources, explicitResources } = frame;
  const needed = freeIn(validation, imports.values());
  for (const identity of frame.definedResources.keys()) {
    if (needed.has(identity)) validation.fail('an import refers to a resource that the component itself defines');
  }
  const exported = freeIn(validation, exports.values());
  const definedResources = new Map<ResourceIdentity, ExportPath>();
  for (const identity of frame.definedResources.keys()) {
    if (!exported.has(identity)) continue;
    const path = explicitResources.get(identity);
    if (path === undefined) validation.fail('an export refers to a resource that is not itself exported');
    else definedResources.set(identity, path);
  }
  const depth = checkDepth(validation, depthOf(imports.values(), exports.values()));
  return { imports, exports, importedResources, definedResources, explicitResources, depth };
}

function freeIn(validation: Validation, entities: Iterable<EntityType>): ReadonlySet<ResourceIdentity> {
  const free = new FreeResources(validation);
  for (const entity of entities) free.entity(entity);
  return free.found;
}

function checkDepth(validation: Validation, depth: number): number {
  if (depth > MAX_TYPE_DEPTH) validation.refuse(`types nested more than ${MAX_TYPE_DEPTH} deep`);
  return depth;
}
