import type { HostInterface } from '../../abi/host-interface.ts';
import type { ComponentSource } from '../../component/source.ts';
import type {
  ComponentType,
  EntityType,
  InstanceType,
  ResourceIdentity,
} from '../../component/validate/checked-types.ts';
import { printEntity, shorten } from '../../component/validate/print.ts';
import { Substitution } from '../../component/validate/substitution.ts';
import { Subtyping, matchResources } from '../../component/validate/subtyping.ts';
import { Validation } from '../../component/validate/validation.ts';
import { HostError } from '../../util/host-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { type HostType, HostTypes } from './host-types.ts';
import { parseInterfaceName } from './names.ts';
import { findHost } from './resolve.ts';

/** An import of the component, and the host interface that serves it. */
interface Served<Ctx> {
  readonly importName: string;
  readonly host: HostInterface<Ctx>;
  /** The type that the component declares. */
  readonly declared: InstanceType;
  /** The type that the host has. */
  readonly type: HostType;
}

/** The mismatches, as lines of a message. */
interface Complaints {
  /** Items that the host does not have. */
  readonly missing: Lines;
  /** Items that it has with another type. */
  readonly mismatches: Lines;
}

/** More lines are of no use to the reader. */
const MAX_LINES = 20;

/** Keeps the first lines and counts the others: a hostile component can have more mismatches than fit in memory. */
class Lines {
  readonly #kept: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(line: () => string): void {
    this.#count += 1;
    if (this.#kept.length < MAX_LINES) this.#kept.push(line());
  }

  get text(): string {
    const left = this.#count - this.#kept.length;
    const shown = this.#kept.map((line) => `\n  ${line}`).join('');
    return left > 0 ? `${shown}\n  and ${left} more` : shown;
  }
}

/**
 * Checks that the host has everything a component imports, with the types that the component declares, and that what the host calls is exported with
 * the types that the host expects.
 *
 * Throws one `HostError` that lists everything that is missing (`missing-import`), or else everything that has another type (`bad-component`).
 *
 * Source: "instantiation" in component-model `Explainer.md`: the host gives the arguments.
 */
export function checkHost<Ctx>(
  { label }: ComponentSource,
  component: ComponentType,
  interfaces: readonly HostInterface<Ctx>[],
): void {
  const complaints: Complaints = { missing: new Lines(), mismatches: new Lines() };
  const types = new HostTypes(interfaces);
  const served = findServed(component, { interfaces, types, complaints });
  const given = new Map(served.map((one) => [one.importName, toGiven(one)]));
  const validation = new Validation({ label, bytes: NO_BYTES });
  const resources = matchResources(given, component.importedResources);
  const check = new HostCheck(validation, resources, complaints);
  for (const one of served) check.imports(one);
  for (const [name, entity] of component.exports) {
    const expected = types.exported(parseInterfaceName(name).name);
    if (expected !== undefined) check.exported(name, entity, expected);
  }
  throwComplaints(label, complaints);
}

interface Serving<Ctx> {
  readonly interfaces: readonly HostInterface<Ctx>[];
  readonly types: HostTypes<Ctx>;
  readonly complaints: Complaints;
}

function findServed<Ctx>({ imports }: ComponentType, { interfaces, types, complaints }: Serving<Ctx>): Served<Ctx>[] {
  const served: Served<Ctx>[] = [];
  for (const [importName, entity] of imports) {
    const host = findHost(importName, interfaces);
    if (host === undefined || entity.sort !== 'instance') complaints.missing.add(() => shorten(importName));
    else served.push({ importName, host, declared: entity.type, type: types.typeOf(host) });
  }
  return served;
}

/** The type that the host provides for an import. */
function toGiven<Ctx>({ type }: Served<Ctx>): EntityType {
  return { sort: 'instance', type: type.type };
}

/** Compares a component's declarations with the host's, item by item. */
class HostCheck {
  readonly #subtyping: Subtyping;
  readonly #substitution: Substitution;
  readonly #complaints: Complaints;

  /** `resources` maps the resources that the component imports to the host's. */
  constructor(validation: Validation, resources: Map<ResourceIdentity, ResourceIdentity>, complaints: Complaints) {
    this.#subtyping = new Subtyping(validation);
    this.#substitution = new Substitution(validation, resources);
    this.#complaints = complaints;
  }

  imports<Ctx>({ importName, host, declared, type }: Served<Ctx>): void {
    for (const [name, entity] of declared.exports) {
      const has = type.type.exports.get(name);
      if (isMissing(host, name, entity)) this.#complaints.missing.add(() => describeMissing(importName, name, entity));
      else if (has !== undefined) this.#compare(`${importName}#${name}`, entity, has);
      else if (type.says === 'all') this.#complain(`${importName}#${name}`, entity, () => UNKNOWN);
    }
  }

  exported(name: string, entity: EntityType, expected: EntityType): void {
    const exported = this.#substitution.entity(entity);
    const mismatch = this.#subtyping.entity(exported, expected);
    if (mismatch !== undefined) this.#complain(name, entity, () => mismatch);
  }

  /** Value and function types have no subtypes: the host's type is the expected one. */
  #compare(name: string, entity: EntityType, has: EntityType): void {
    const declared = this.#substitution.entity(entity);
    const mismatch = this.#subtyping.entity(declared, has);
    if (mismatch === undefined) return;
    this.#complain(name, entity, () => {
      return `${mismatch}\n    host:      ${printEntity(has)}\n    component: ${printEntity(declared)}`;
    });
  }

  #complain(name: string, { offset }: EntityType, mismatch: () => string): void {
    const where = offset === undefined ? '' : ` (declared at byte 0x${offset.toString(16)})`;
    this.#complaints.mismatches.add(() => `${shorten(name)}${where}: ${mismatch()}`);
  }
}

const UNKNOWN = "not in the interface's WIT";

/** Whether the host lacks a function or a resource. */
function isMissing<Ctx>(host: HostInterface<Ctx>, name: string, entity: EntityType): boolean {
  if (entity.sort === 'func') return !Object.hasOwn(host.funcs, name);
  if (entity.sort !== 'type') return !Object.hasOwn(host.funcs, name) && !Object.hasOwn(host.resources, name);
  return isNewResource(entity) && !Object.hasOwn(host.resources, name);
}

function isNewResource(entity: EntityType): boolean {
  return entity.sort === 'type' && entity.created.sort === 'resource' && entity.created === entity.referenced;
}

function describeMissing(importName: string, name: string, entity: EntityType): string {
  if (entity.sort === 'func') return shorten(`${importName}#${name}`);
  return `${importName} does not define the ${entity.sort === 'type' ? 'resource' : entity.sort} ${shorten(name)}`;
}

function throwComplaints(label: string, { missing, mismatches }: Complaints): void {
  if (missing.count > 0)
    throw new HostError('missing-import', `${label} has imports that this host does not provide:${missing.text}`);
  if (mismatches.count > 0)
    throw new HostError('bad-component', `${label} and this host disagree about types:${mismatches.text}`);
}
