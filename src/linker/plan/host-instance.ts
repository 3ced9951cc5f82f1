import type { HostInterface, ResourceClass } from '../../abi/host-interface.ts';
import type { ResourceType } from '../../abi/types.ts';
import type { Alias, Declaration } from '../../component/definitions.ts';
import { HostError } from '../../util/host-error.ts';
import { guardResult } from '../run/guard-result.ts';
import type { ComponentFunc } from './plan.ts';
import { resolveType } from './resolve-type.ts';
import { type Extern, type InstanceRef, type TypeRef, type TypeScope, itemAt } from './scope.ts';

/** The host's resource types: one for each class of reps, whatever version of an interface a component names. */
export class HostResources {
  readonly #types = new Map<ResourceClass, ResourceType>();
  readonly #classes = new Map<ResourceType, ResourceClass>();

  /** The type of a resource that `host` defines. */
  typeOf<Ctx>(host: HostInterface<Ctx>, resource: string): ResourceType {
    const repClass = own(host.resources, resource);
    if (repClass === undefined)
      throw new HostError('missing-import', `${host.name} does not define the resource ${resource}`);
    const known = this.#types.get(repClass);
    if (known !== undefined) return known;
    const type: ResourceType = Object.freeze({ name: resource, repClass });
    this.#types.set(repClass, type);
    this.#classes.set(type, repClass);
    return type;
  }

  /** The class of a resource's reps; `undefined` if it is not one of the host's. */
  classOf(type: ResourceType): ResourceClass | undefined {
    return this.#classes.get(type);
  }
}

/** A host interface as a component sees it: only the functions and types that it declares. */
export interface HostImport<Ctx> {
  /** The name that the component uses, with its version. */
  readonly importName: string;
  readonly host: HostInterface<Ctx>;
  readonly resources: HostResources;
  /** Collects the names of declared functions that the host lacks. */
  readonly missing: string[];
}

/** Resolves each declaration in an imported instance's type to the host interface. */
export function resolveHostInstance<Ctx>(
  imported: HostImport<Ctx>,
  declarations: readonly Declaration[],
  outer: TypeScope,
): InstanceRef<Ctx> {
  const scope: TypeScope = { parent: outer, types: [], coreTypes: [], instances: [] };
  const exports = new Map<string, Extern<Ctx>>();
  for (const declaration of declarations) {
    switch (declaration.at) {
      case 'core type':
        scope.coreTypes.push(0);
        break;
      case 'type':
        if (declaration.type.kind === 'resource')
          throw new HostError('bad-component', 'a resource cannot be defined in an instance type');
        scope.types.push(resolveType(declaration.type, scope));
        break;
      case 'alias':
        scope.types.push(resolveTypeAlias(declaration.alias, scope));
        break;
      case 'import':
        throw new HostError('bad-component', 'an instance type cannot have imports');
      case 'export': {
        const extern = resolveExport(imported, declaration, scope);
        if (extern.sort === 'type') scope.types.push(extern.type);
        exports.set(declaration.name, extern);
      }
    }
  }
  return { exports };
}

function resolveExport<Ctx>(
  imported: HostImport<Ctx>,
  { name, type }: Declaration & { at: 'import' | 'export' },
  scope: TypeScope,
): Extern<Ctx> {
  if (type.sort === 'func')
    return { sort: 'func', func: resolveHostFunc(imported, name, itemAt(scope.types, type.type, 'type')) };
  if (type.sort !== 'type')
    throw new HostError('not-supported', `${imported.importName}: cannot import a ${type.sort}`);
  if (type.bound !== 'resource') return { sort: 'type', type: itemAt(scope.types, type.bound.eq, 'type') };
  const resource = imported.resources.typeOf(imported.host, name);
  return { sort: 'type', type: { sort: 'resource', resource } };
}

function resolveHostFunc<Ctx>(imported: HostImport<Ctx>, name: string, type: TypeRef): ComponentFunc<Ctx> {
  if (type.sort !== 'func') throw new HostError('bad-component', `${imported.importName}#${name} is not a function`);
  const { host, importName, resources } = imported;
  const served = own(host.funcs, name);
  const named = { name: `${importName}#${name}`, func: served ?? (() => undefined) };
  if (served === undefined) imported.missing.push(named.name);
  const isTyped = host.wit !== undefined;
  return {
    by: 'host',
    name: named.name,
    func: isTyped ? named.func : guardResult(named, type.type, (resource) => resources.classOf(resource)),
    type: type.type,
    mayWait: host.mayWait.includes(name),
  };
}

/** A host interface's own item of this name; never an inherited one such as `constructor`. */
function own<T>(items: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(items, name) ? items[name] : undefined;
}

/** Resolves an alias inside a type: of an outer type, or of a type that an instance exports. */
function resolveTypeAlias(alias: Alias, scope: TypeScope): TypeRef {
  if (alias.of === 'outer' && alias.sort === 'type') {
    let target: TypeScope | undefined = scope;
    for (let count = alias.count; count > 0; count -= 1) target = target?.parent;
    if (target === undefined) throw new HostError('bad-component', 'an outer alias reaches beyond the component');
    return itemAt(target.types, alias.index, 'type');
  }
  if (alias.of !== 'export' || alias.sort !== 'type')
    throw new HostError('not-supported', `alias of a ${alias.sort} inside a type`);
  const extern = itemAt(scope.instances, alias.instance, 'instance').exports.get(alias.name);
  if (extern?.sort !== 'type') throw new HostError('bad-component', `alias of an unknown type ${alias.name}`);
  return extern.type;
}
