import type { EncodedWit, HostInterface, ResourceClass } from '../../abi/host-interface.ts';
import { decodeComponent } from '../../component/decode.ts';
import type {
  ComponentType,
  EntityType,
  InstanceType,
  ResourceIdentity,
} from '../../component/validate/checked-types.ts';
import { Subtyping, matchResources } from '../../component/validate/subtyping.ts';
import { Substitution } from '../../component/validate/substitution.ts';
import { validateComponent } from '../../component/validate/validate.ts';
import { Validation } from '../../component/validate/validation.ts';
import { getOrInsert } from '../../util/get-or-insert.ts';
import { HostError } from '../../util/host-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { parseInterfaceName, versionTrack } from './names.ts';
import { findHost } from './resolve.ts';

/** The type of a host interface, and how complete it is. */
export interface HostType {
  readonly says: 'all' | 'resources';
  readonly type: InstanceType;
}

/** The types of host interfaces, from the WIT that they implement. A resource is the same in all interfaces that use it. */
export class HostTypes<Ctx> {
  readonly #interfaces: readonly HostInterface<Ctx>[];
  /** `undefined` while a world is being created. */
  readonly #worlds = new Map<EncodedWit, ComponentType | undefined>();
  readonly #classes = new Map<ResourceClass, ResourceIdentity>();
  #exports: ReadonlyMap<string, EntityType> | undefined;

  constructor(interfaces: readonly HostInterface<Ctx>[]) {
    this.#interfaces = interfaces;
  }

  /** The type of an interface: complete if it has WIT, otherwise only with its resources. */
  typeOf(host: HostInterface<Ctx>): HostType {
    const type = this.#declaredType(host);
    return type === undefined ? { says: 'resources', type: this.#classesOf(host) } : { says: 'all', type };
  }

  #declaredType(host: HostInterface<Ctx>): InstanceType | undefined {
    const wit = this.#witOf(host);
    const world = wit && this.#worldOf(wit);
    if (wit === undefined || world === undefined) return undefined;
    for (const [name, entity] of world.imports) {
      if (isNamedLike(host, name) && entity.sort === 'instance') return entity.type;
    }
    throw new HostError('bad-argument', `${wit.label} does not define the interface ${host.name}@${host.version}`);
  }

  #classesOf({ resources }: HostInterface<Ctx>): InstanceType {
    const exports = new Map<string, EntityType>();
    for (const [name, repClass] of Object.entries(resources)) {
      const resource = { sort: 'resource', resource: { name, identity: this.#identityOf(name, repClass) } } as const;
      exports.set(name, { sort: 'type', created: resource, referenced: resource });
    }
    return { exports, definedResources: new Set(), explicitResources: new Map(), depth: 1 };
  }

  /** A class is one resource, whichever interfaces have it, with or without WIT. */
  #identityOf(name: string, repClass: ResourceClass): ResourceIdentity {
    return getOrInsert(this.#classes, repClass, () => {
      for (const host of this.#interfaces) {
        const [known] = Object.entries(host.resources).find(([, other]) => other === repClass) ?? [];
        const entity = known === undefined ? undefined : this.#declaredType(host)?.exports.get(known);
        if (entity?.sort === 'type' && entity.created.sort === 'resource') return entity.created.resource.identity;
      }
      return { name };
    });
  }

  /** The functions that the host calls in an exported interface; `undefined` if it calls none. */
  exported(interfaceName: string): EntityType | undefined {
    this.#exports ??= new Map(this.#listExports());
    return this.#exports.get(interfaceName);
  }

  *#listExports(): Iterable<readonly [interfaceName: string, entity: EntityType]> {
    for (const host of this.#interfaces) {
      const wit = this.#witOf(host);
      const world = wit && this.#worldOf(wit);
      for (const [name, entity] of world?.exports ?? []) yield [parseInterfaceName(name).name, onlyFunctions(entity)];
    }
  }

  /** The interface's own WIT, or that of another by the same name: an interface that replaces one of WASI's has its types. */
  #witOf({ name, version, wit }: HostInterface<Ctx>): EncodedWit | undefined {
    if (typeof wit === 'string') throw new HostError('bad-argument', `the WIT of ${name} must be encoded first`);
    if (wit !== undefined) return wit;
    const track = versionTrack(version);
    const other = this.#interfaces.find(
      (host) => host.wit !== undefined && host.name === name && versionTrack(host.version) === track,
    );
    return other === undefined ? undefined : this.#witOf(other);
  }

  #worldOf(wit: EncodedWit): ComponentType | undefined {
    if (this.#worlds.has(wit)) return this.#worlds.get(wit);
    this.#worlds.set(wit, undefined);
    const world = this.#link(wit, decodeWorld(wit));
    this.#worlds.set(wit, world);
    return world;
  }

  /** Links a world: the resources that it uses from other interfaces become theirs. */
  #link(wit: EncodedWit, world: ComponentType): ComponentType {
    const given = new Map<string, EntityType>();
    for (const name of world.imports.keys()) {
      const host = findHost(name, this.#interfaces);
      if (host === undefined || this.#witOf(host) === wit) continue;
      const type = this.#declaredType(host);
      if (type !== undefined) given.set(name, { sort: 'instance', type });
    }
    if (given.size === 0) return world;
    const validation = new Validation({ label: wit.label, bytes: NO_BYTES });
    const substitution = new Substitution(validation, matchResources(given, world.importedResources));
    const imports = substitution.entities(world.imports);
    for (const [name, found] of given) {
      const mismatch = new Subtyping(validation).entity(found, imports.get(name) as EntityType);
      if (mismatch !== undefined)
        throw new HostError('bad-argument', `${wit.label} uses ${name} with a different type: ${mismatch}`);
    }
    return { ...world, imports, exports: substitution.entities(world.exports) };
  }
}

/** Keeps only functions: a component may or may not export an interface's types, and the host calls only functions. */
function onlyFunctions(entity: EntityType): EntityType {
  if (entity.sort !== 'instance') return entity;
  const funcs = [...entity.type.exports].filter(([, { sort }]) => sort === 'func');
  return { ...entity, type: { ...entity.type, exports: new Map(funcs) } };
}

function isNamedLike<Ctx>(host: HostInterface<Ctx>, importName: string): boolean {
  const { name, version } = parseInterfaceName(importName);
  return name === host.name && versionTrack(version) === versionTrack(host.version);
}

/** Shape: a component that exports the type of a component, which exports the world as a component type. */
function decodeWorld(wit: EncodedWit): ComponentType {
  const source = { label: wit.label, bytes: wit.decode() };
  const [encoded] = validateComponent(decodeComponent(source), source).exports.values();
  const inside = encoded?.sort === 'type' && encoded.created.sort === 'component' ? encoded.created.type : undefined;
  const [world] = inside?.exports.values() ?? [];
  if (world?.sort !== 'component') throw new HostError('bad-argument', `${wit.label} is not an encoded world`);
  return world.type;
}
