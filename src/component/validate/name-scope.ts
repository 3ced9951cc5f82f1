import type { FuncType, ValType } from '../../abi/types.ts';
import type { ExternName, NameAttributes } from '../definitions.ts';
import type { EntityType, NamedResource } from './checked-types.ts';
import { type ParsedName, parseExternName, uniquenessKey } from './names.ts';
import { shorten } from './print.ts';
import type { Validation } from './validation.ts';

/** The names of a component's imports, or of the exports of a component or an instance, and the resources among them. */
export class NameScope {
  readonly #kind: 'import' | 'export';
  readonly #keys = new Map<string, string>();
  readonly #resources = new Map<NamedResource, string>();
  readonly #resourceNames = new Set<string>();

  constructor(kind: 'import' | 'export') {
    this.#kind = kind;
  }

  /** Adds a resource type under its new name, to which function names can then refer. */
  addResource(name: string, resource: NamedResource): void {
    this.#resources.set(resource, name);
    this.#resourceNames.add(name);
  }

  /** Adds a name. Fails if it is malformed, taken, or does not fit the type of the named item. */
  add(validation: Validation, { name: text, attributes }: ExternName, entity: EntityType): void {
    validation.spend(1 + Math.ceil(text.length / 64));
    const name = parseExternName(text + (attributes?.versionSuffix ?? ''));
    if (name === undefined) return validation.fail(`"${shorten(text)}" is not a valid ${this.#kind} name`);
    if (this.#kind === 'export' && (name.kind === 'dependency' || name.kind === 'url' || name.kind === 'hash'))
      validation.fail(`"${shorten(text)}" is not a valid export name`);
    const complaint = complaintOfAttributes(attributes, name, entity) ?? this.#complaintOf(name, entity);
    if (complaint !== undefined) validation.fail(`the ${this.#kind} "${shorten(text)}": ${complaint}`);
    const key = uniquenessKey(text, name);
    const taken = this.#keys.get(key);
    if (taken !== undefined) validation.fail(`the ${this.#kind} "${shorten(text)}" conflicts with "${shorten(taken)}"`);
    this.#keys.set(key, text);
  }

  #complaintOf(name: ParsedName, entity: EntityType): string | undefined {
    if (!('resource' in name)) return undefined;
    if (entity.sort !== 'func') return `only functions can have such a name, not a ${entity.sort}`;
    if (name.kind === 'static') {
      return this.#resourceNames.has(name.resource) ? undefined : `unknown resource "${name.resource}"`;
    }
    const resource = name.kind === 'method' ? selfOf(entity.type) : constructedBy(entity.type);
    if (typeof resource === 'string') return resource;
    return this.#resources.get(resource) === name.resource ? undefined : `its resource is not "${name.resource}"`;
  }
}

function complaintOfAttributes(
  attributes: NameAttributes | undefined,
  { kind }: ParsedName,
  { sort }: EntityType,
): string | undefined {
  if (attributes?.versionSuffix !== undefined && (kind !== 'interface' || sort !== 'instance'))
    return 'only instances named after an interface have a version';
  if (attributes?.implements === undefined) return undefined;
  if (kind !== 'label' || sort !== 'instance') return 'only instances with a plain name can implement an interface';
  return parseExternName(attributes.implements)?.kind === 'interface' ? undefined : 'it must implement an interface';
}

/** The resource of a method, or why it is not a method. */
function selfOf({ params: [self] }: FuncType): NamedResource | string {
  if (self === undefined || self.label !== 'self' || self.type.kind !== 'borrow')
    return "a method's first parameter must be `self`, a borrow of its resource";
  return self.type.resource as NamedResource;
}

/** The resource of a constructor, or why it is not a constructor. */
function constructedBy({ result }: FuncType): NamedResource | string {
  const made: ValType | undefined = result?.kind === 'result' ? result.ok : result;
  if (made?.kind !== 'own') return 'a constructor must return its resource, or a result with it';
  return made.resource as NamedResource;
}
