import type { CoreInstanceExpr, InstanceExpr } from '../definitions.ts';
import type { ComponentType, EntityType, ExportPath, InstanceType, ResourceIdentity } from './checked-types.ts';
import { type CoreEntities, type CoreEntity, coreMismatch } from './core-types.ts';
import { depthOf, entityAt } from './extern.ts';
import { type Frame, definitionAt } from './frame.ts';
import { NameScope } from './name-scope.ts';
import { shorten } from './print.ts';
import { Subtyping } from './subtyping.ts';
import type { Validation } from './validation.ts';

/** The exports of a core instance. Fails if its module's imports are not satisfied. */
export function typeOfCoreInstance(validation: Validation, frame: Frame, expr: CoreInstanceExpr): CoreEntities {
  if (expr.by === 'exports') return collectCoreExports(validation, frame, expr);
  const module = definitionAt(validation, frame.coreModules, expr.module, 'core module');
  const args = new Map<string, CoreEntities>();
  for (const { name, instance } of expr.args) {
    validation.spend(1);
    if (args.has(name)) validation.fail(`duplicate argument "${shorten(name)}"`);
    args.set(name, definitionAt(validation, frame.coreInstances, instance, 'core instance'));
  }
  for (const [from, imports] of module.imports) {
    validation.spend(imports.size);
    const given = args.get(from) ?? validation.fail(`the import "${shorten(from)}" of a core module is missing`);
    for (const [name, wanted] of imports) {
      const complaint = complaintOfImport(given.get(name), wanted);
      if (complaint !== undefined)
        validation.fail(`the import "${shorten(from)}" "${shorten(name)}" of a core module: ${complaint}`);
    }
  }
  return module.exports;
}

function complaintOfImport(given: CoreEntity | undefined, wanted: CoreEntity): string | undefined {
  return given === undefined ? 'missing from the given instance' : coreMismatch(given, wanted);
}

function collectCoreExports(
  validation: Validation,
  frame: Frame,
  expr: CoreInstanceExpr & { by: 'exports' },
): CoreEntities {
  const exports = new Map<string, CoreEntity>();
  for (const { name, sort, index } of expr.exports) {
    validation.spend(1);
    if (exports.has(name)) validation.fail(`duplicate export "${shorten(name)}"`);
    exports.set(name, coreEntityAt(validation, frame, { sort, index }));
  }
  return exports;
}

type CoreIndex = Pick<(CoreInstanceExpr & { by: 'exports' })['exports'][number], 'sort' | 'index'>;

function coreEntityAt(validation: Validation, frame: Frame, { sort, index }: CoreIndex): CoreEntity {
  switch (sort) {
    case 'func':
      return { kind: sort, type: definitionAt(validation, frame.coreFuncs, index, 'core func') };
    case 'tag':
      return { kind: sort, type: definitionAt(validation, frame.coreTags, index, 'core tag') };
    case 'table':
      return definitionAt(validation, frame.coreTables, index, 'core table');
    case 'memory':
      return definitionAt(validation, frame.coreMemories, index, 'core memory');
    case 'global':
      return definitionAt(validation, frame.coreGlobals, index, 'core global');
    case 'type':
    case 'module':
    case 'instance':
      break;
  }
  return validation.fail(`a core instance cannot export a ${sort}`);
}

/** The type of an instance. Fails if its component's imports are not satisfied. */
export function typeOfInstance(validation: Validation, frame: Frame, expr: InstanceExpr): InstanceType {
  return expr.by === 'exports' ? collectExports(validation, frame, expr) : instantiate(validation, frame, expr);
}

/** The exports of a component instantiated with `args`, expressed in terms of these, and with new resources. */
function instantiate(validation: Validation, frame: Frame, expr: InstanceExpr & { by: 'instantiate' }): InstanceType {
  const component = definitionAt(validation, frame.components, expr.component, 'component');
  const args = new Map<string, EntityType>();
  for (const { name, ref } of expr.args) {
    validation.spend(1);
    if (args.has(name)) validation.fail(`duplicate argument "${shorten(name)}"`);
    args.set(name, entityAt(validation, frame, ref));
  }
  return instantiateWith(validation, frame, component, args);
}

function instantiateWith(
  validation: Validation,
  frame: Frame,
  component: ComponentType,
  args: ReadonlyMap<string, EntityType>,
): InstanceType {
  const wanted = { entities: component.imports, resources: component.importedResources };
  const substitution = new Subtyping(validation).open(args, wanted);
  if (typeof substitution === 'string')
    return validation.fail(`the arguments of an instantiation do not match the imports: ${substitution}`);
  validation.spend(component.definedResources.size);
  for (const identity of component.definedResources.keys()) {
    const fresh = { name: identity.name };
    substitution.resources.set(identity, fresh);
    frame.definedResources.set(fresh, 'elsewhere');
  }
  return {
    exports: substitution.entities(component.exports),
    definedResources: new Set(),
    explicitResources: substitution.paths(component.explicitResources),
    depth: component.depth,
  };
}

function collectExports(validation: Validation, frame: Frame, expr: InstanceExpr & { by: 'exports' }): InstanceType {
  const exports = new Map<string, EntityType>();
  const explicitResources = new Map<ResourceIdentity, ExportPath>();
  const names = new NameScope('export');
  for (const { ref, ...named } of expr.exports) {
    const { name } = named;
    validation.spend(1);
    const entity = entityAt(validation, frame, ref);
    names.add(validation, named, entity);
    exports.set(name, entity);
    for (const [identity, inside] of explicitIn(entity)) explicitResources.set(identity, { name, inside });
    validation.spend(entity.sort === 'instance' ? entity.type.explicitResources.size : 1);
  }
  return { exports, definedResources: new Set(), explicitResources, depth: depthOf(exports.values()) };
}

/** The resources of an exported item, and their paths inside it. */
function* explicitIn(entity: EntityType): Iterable<readonly [ResourceIdentity, ExportPath | undefined]> {
  if (entity.sort === 'instance') yield* entity.type.explicitResources;
  if (entity.sort === 'type' && entity.created.sort === 'resource') yield [entity.created.resource.identity, undefined];
}
