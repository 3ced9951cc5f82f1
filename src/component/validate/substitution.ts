import type { FuncType, ResourceType, ValType } from '../../abi/types.ts';
import {
  type CheckedType,
  type ComponentType,
  type Entities,
  type EntityType,
  type ExportPath,
  type InstanceType,
  type NamedResource,
  type ResourceIdentity,
  countParts,
  identityOf,
  isPrim,
  nameKeyOf,
} from './checked-types.ts';
import type { Validation } from './validation.ts';

/** Replaces resources by others, and types by those that they are declared equal to. */
export class Substitution {
  readonly resources: Map<ResourceIdentity, ResourceIdentity>;
  readonly #validation: Validation;
  /** Replacements by `nameKeyOf`. Also used to memoise processed types. */
  readonly #made: Map<object, object>;

  constructor(
    validation: Validation,
    resources: Map<ResourceIdentity, ResourceIdentity> = new Map(),
    types: ReadonlyMap<object, object> = new Map(),
  ) {
    this.#validation = validation;
    this.resources = resources;
    this.#made = new Map(types);
  }

  entity(entity: EntityType): EntityType {
    switch (entity.sort) {
      case 'func':
        return changed(entity, { type: this.#func(entity.type) });
      case 'instance':
        return changed(entity, { type: this.#instance(entity.type) });
      case 'component':
        return changed(entity, { type: this.#component(entity.type) });
      case 'type': {
        const referenced = this.#type(entity.referenced);
        const created = entity.created === entity.referenced ? referenced : this.#type(entity.created);
        return changed(entity, { created, referenced });
      }
      case 'core module':
        break;
    }
    return entity;
  }

  entities(entities: Entities): Entities {
    this.#validation.spend(entities.size);
    let isChanged = false;
    const made = new Map<string, EntityType>();
    for (const [name, entity] of entities) {
      const substituted = this.entity(entity);
      isChanged ||= substituted !== entity;
      made.set(name, substituted);
    }
    return isChanged ? made : entities;
  }

  paths(paths: ReadonlyMap<ResourceIdentity, ExportPath>): ReadonlyMap<ResourceIdentity, ExportPath> {
    this.#validation.spend(paths.size);
    if (![...paths.keys()].some((identity) => this.resources.has(identity))) return paths;
    return new Map(Array.from(paths, ([identity, path]) => [this.identity(identity), path]));
  }

  identity(identity: ResourceIdentity): ResourceIdentity {
    return this.resources.get(identity) ?? identity;
  }

  #type(type: CheckedType): CheckedType {
    switch (type.sort) {
      case 'value':
        return changed(type, { type: this.value(type.type) });
      case 'resource':
        return changed(type, { resource: this.#resource(type.resource) });
      case 'func':
        return changed(type, { type: this.#func(type.type) });
      case 'instance':
        return changed(type, { type: this.#instance(type.type) });
      case 'component':
        break;
    }
    return changed(type, { type: this.#component(type.type) });
  }

  value(type: ValType): ValType {
    return this.#once(type, () => this.#valueAnew(type));
  }

  #valueAnew(type: ValType): ValType {
    if (isPrim(type)) return type;
    this.#validation.spend(countParts(type));
    switch (type.kind) {
      case 'record': {
        const fields = type.fields.map((field) => changed(field, { type: this.value(field.type) }));
        return isSame(fields, type.fields) ? type : { ...type, fields };
      }
      case 'variant': {
        const cases = type.cases.map((c) => changed(c, { type: this.#optional(c.type) }));
        return isSame(cases, type.cases) ? type : { ...type, cases };
      }
      case 'tuple': {
        const elements = type.elements.map((element) => this.value(element));
        return isSame(elements, type.elements) ? type : { ...type, elements };
      }
      case 'list':
        return changed(type, { element: this.value(type.element) });
      case 'option':
        return changed(type, { some: this.value(type.some) });
      case 'result':
        return changed(type, { ok: this.#optional(type.ok), err: this.#optional(type.err) });
      case 'own':
      case 'borrow':
        return changed(type, { resource: this.#resource(type.resource) });
      case 'flags':
      case 'enum':
        break;
    }
    return type;
  }

  #optional(type: ValType | undefined): ValType | undefined {
    return type && this.value(type);
  }

  #resource(resource: ResourceType): NamedResource {
    return this.#once(resource as NamedResource, () => {
      const identity = this.resources.get(identityOf(resource));
      return identity === undefined ? (resource as NamedResource) : { name: resource.name, identity };
    });
  }

  #func(type: FuncType): FuncType {
    return this.#once(type, () => {
      this.#validation.spend(type.params.length);
      const params = type.params.map((param) => changed(param, { type: this.value(param.type) }));
      const result = this.#optional(type.result);
      return isSame(params, type.params) && result === type.result ? type : { params, result };
    });
  }

  #instance(type: InstanceType): InstanceType {
    return this.#once(type, () => {
      const exports = this.entities(type.exports);
      const explicitResources = this.paths(type.explicitResources);
      const isAffected = [...type.definedResources].some((identity) => this.resources.has(identity));
      const definedResources = isAffected
        ? new Set(Array.from(type.definedResources, (identity) => this.identity(identity)))
        : type.definedResources;
      return changed(type, { exports, explicitResources, definedResources });
    });
  }

  #component(type: ComponentType): ComponentType {
    return this.#once(type, () =>
      changed(type, {
        imports: this.entities(type.imports),
        exports: this.entities(type.exports),
        importedResources: this.paths(type.importedResources),
        definedResources: this.paths(type.definedResources),
        explicitResources: this.paths(type.explicitResources),
      }),
    );
  }

  /** Types can refer to each other many times: each is processed once. */
  #once<T extends object>(type: T, make: () => T): T {
    const known = this.#made.get(type);
    if (known !== undefined) return known as T;
    this.#validation.spend(1);
    const made = make();
    this.#made.set(type, made);
    return made;
  }
}

/** `item` with some of its properties replaced; `item` itself if nothing changes. */
function changed<T extends object>(item: T, properties: Partial<T>): T {
  const isChanged = (Object.keys(properties) as (keyof T)[]).some((key) => properties[key] !== item[key]);
  return isChanged ? { ...item, ...properties } : item;
}

function isSame<T>(made: readonly T[], from: readonly T[]): boolean {
  return made.every((item, index) => item === from[index]);
}

/** Records which newly named types correspond: for each type that `expected` created, the one that `actual` did. */
export function noteNewNames(actual: EntityType, expected: EntityType, types: Map<object, object>): void {
  if (expected.sort === 'type' && actual.sort === 'type') {
    const { sort } = expected.created;
    if ((sort === 'value' || sort === 'resource') && actual.created.sort === sort)
      types.set(nameKeyOf(expected.created), nameKeyOf(actual.created));
    return;
  }
  if (expected.sort !== 'instance' || actual.sort !== 'instance') return;
  for (const [name, inside] of expected.type.exports) {
    const given = actual.type.exports.get(name);
    if (given !== undefined) noteNewNames(given, inside, types);
  }
}
