import type { FuncType, ValType } from '../../abi/types.ts';
import {
  type CheckedType,
  type ComponentType,
  type Entities,
  type EntityType,
  type ExportPath,
  type InstanceType,
  type ResourceIdentity,
  identityOf,
  isPrim,
} from './checked-types.ts';
import { type CoreModuleType, coreMismatch } from './core-types.ts';
import { printCheckedType, printEntity, printValType, shorten } from './print.ts';
import { Substitution, noteNewNames } from './substitution.ts';
import type { Validation } from './validation.ts';

/**
 * Why one type does not match another: `parameter "a": expected u8, found string`.
 *
 * `undefined` if it does.
 */
export type Mismatch = string | undefined;

/**
 * Checks whether one type can be used in place of another: values and functions if they are equal, instances if they export at least as much,
 * components if they import at most as much.
 *
 * Source: component-model `design/mvp/Subtyping.md`, `Explainer.md`.
 */
export class Subtyping {
  readonly #validation: Validation;

  constructor(validation: Validation) {
    this.#validation = validation;
  }

  entity(found: EntityType, expected: EntityType): Mismatch {
    this.#validation.spend(1);
    if (found.sort === 'core module' && expected.sort === 'core module')
      return this.#coreModule(found.type, expected.type);
    if (found.sort === 'func' && expected.sort === 'func') return this.func(found.type, expected.type);
    if (found.sort === 'type' && expected.sort === 'type') return this.type(found.referenced, expected.referenced);
    if (found.sort === 'instance' && expected.sort === 'instance') return this.#instance(found.type, expected.type);
    if (found.sort === 'component' && expected.sort === 'component') return this.#component(found.type, expected.type);
    return `expected ${printEntity(expected)}, found ${printEntity(found)}`;
  }

  type(found: CheckedType, expected: CheckedType): Mismatch {
    if (found === expected) return undefined;
    if (found.sort === 'value' && expected.sort === 'value') return this.value(found.type, expected.type);
    if (found.sort === 'func' && expected.sort === 'func') return this.func(found.type, expected.type);
    if (found.sort === 'instance' && expected.sort === 'instance') return this.#instance(found.type, expected.type);
    if (found.sort === 'component' && expected.sort === 'component') return this.#component(found.type, expected.type);
    const isResource = found.sort === 'resource' && expected.sort === 'resource';
    if (isResource && identityOf(found.resource) === identityOf(expected.resource)) return undefined;
    const another = isResource && found.resource.name === expected.resource.name ? ', which is a different one' : '';
    return `expected ${printCheckedType(expected)}, found ${printCheckedType(found)}${another}`;
  }

  func(found: FuncType, expected: FuncType): Mismatch {
    if (found === expected) return undefined;
    this.#validation.spend(expected.params.length);
    if (found.params.length !== expected.params.length)
      return `expected ${count(expected.params.length, 'parameter')}, found ${found.params.length}`;
    for (const [index, param] of expected.params.entries()) {
      const given = found.params[index] as FuncType['params'][number];
      if (given.label !== param.label)
        return `expected a parameter "${shorten(param.label)}", found "${shorten(given.label)}"`;
      const mismatch = this.value(given.type, param.type);
      if (mismatch !== undefined) return `parameter "${shorten(param.label)}": ${mismatch}`;
    }
    return inside('the result', this.#optional(found.result, expected.result));
  }

  #optional(found: ValType | undefined, expected: ValType | undefined): Mismatch {
    if (found !== undefined && expected !== undefined) return this.value(found, expected);
    if (found === expected) return undefined;
    return `expected ${expected === undefined ? 'none' : printValType(expected)}, found ${found === undefined ? 'none' : printValType(found)}`;
  }

  /** Value types have no subtypes other than themselves. */
  value(found: ValType, expected: ValType): Mismatch {
    if (found === expected) return undefined;
    this.#validation.spend(1);
    const parts = this.#parts(found, expected);
    return parts === DIFFER ? `expected ${printValType(expected)}, found ${printValType(found)}` : parts;
  }

  #parts(found: ValType, expected: ValType): Mismatch | typeof DIFFER {
    if (isPrim(expected)) return found.kind === expected.kind ? undefined : DIFFER;
    switch (expected.kind) {
      case 'record':
        if (found.kind !== 'record') return DIFFER;
        return this.#labelled('field', found.fields, expected.fields);
      case 'variant':
        if (found.kind !== 'variant') return DIFFER;
        return this.#labelled('case', found.cases, expected.cases);
      case 'tuple':
        if (found.kind !== 'tuple') return DIFFER;
        return this.#labelled('element', numbered(found.elements), numbered(expected.elements));
      case 'flags':
      case 'enum':
        if (found.kind !== expected.kind) return DIFFER;
        return this.#labels(found.labels, expected.labels);
      case 'list':
        if (found.kind !== 'list' || found.length !== expected.length) return DIFFER;
        return inside('list', this.value(found.element, expected.element));
      case 'option':
        return found.kind === 'option' ? inside('option', this.value(found.some, expected.some)) : DIFFER;
      case 'result':
        if (found.kind !== 'result') return DIFFER;
        return (
          inside('ok', this.#optional(found.ok, expected.ok)) ?? inside('err', this.#optional(found.err, expected.err))
        );
      case 'own':
      case 'borrow':
        break;
    }
    return found.kind === expected.kind ? this.#resource(found, expected) : DIFFER;
  }

  #resource(found: Handle, expected: Handle): Mismatch {
    const { resource } = expected;
    if (identityOf(found.resource) === identityOf(resource)) return undefined;
    const another = found.resource.name === resource.name ? ', which is a different resource' : '';
    return `expected ${printValType(expected)}, found ${printValType(found)}${another}`;
  }

  #labelled(what: string, found: readonly Labelled[], expected: readonly Labelled[]): Mismatch | typeof DIFFER {
    if (found.length !== expected.length) return DIFFER;
    this.#validation.spend(expected.length);
    for (const [index, { label, type }] of expected.entries()) {
      const given = found[index] as Labelled;
      if (given.label !== label) return DIFFER;
      const mismatch = this.#optional(given.type, type);
      if (mismatch !== undefined) return `${what} "${shorten(label)}": ${mismatch}`;
    }
    return undefined;
  }

  #labels(found: readonly string[], expected: readonly string[]): typeof DIFFER | undefined {
    this.#validation.spend(expected.length);
    const isSame = found.length === expected.length && found.every((label, index) => label === expected[index]);
    return isSame ? undefined : DIFFER;
  }

  #coreModule(found: CoreModuleType, expected: CoreModuleType): Mismatch {
    for (const [module, imports] of found.imports) {
      this.#validation.spend(imports.size);
      for (const [name, wanted] of imports) {
        const given = expected.imports.get(module)?.get(name);
        if (given === undefined) return `its import "${shorten(module)}" "${shorten(name)}" is missing`;
        const mismatch = coreMismatch(given, wanted);
        if (mismatch !== undefined) return `its import "${shorten(module)}" "${shorten(name)}": ${mismatch}`;
      }
    }
    this.#validation.spend(expected.exports.size);
    for (const [name, wanted] of expected.exports) {
      const given = found.exports.get(name);
      if (given === undefined) return `it does not export "${shorten(name)}"`;
      const mismatch = coreMismatch(given, wanted);
      if (mismatch !== undefined) return `its export "${shorten(name)}": ${mismatch}`;
    }
    return undefined;
  }

  #instance(found: InstanceType, expected: InstanceType): Mismatch {
    if (found === expected) return undefined;
    for (const [name, wanted] of expected.exports) {
      const given = found.exports.get(name);
      if (given === undefined) return `it does not export "${shorten(name)}"`;
      const mismatch = this.entity(given, wanted);
      if (mismatch !== undefined) return `its export "${shorten(name)}": ${mismatch}`;
    }
    return undefined;
  }

  /** Instantiated with the imports of `expected`, `found` must have all it needs, and export all that `expected` promises. */
  #component(found: ComponentType, expected: ComponentType): Mismatch {
    if (found === expected) return undefined;
    const importing = this.open(expected.imports, { entities: found.imports, resources: found.importedResources });
    if (typeof importing === 'string') return `its imports: ${importing}`;
    const exports = importing.entities(found.exports);
    const exporting = this.open(exports, { entities: expected.exports, resources: expected.definedResources });
    return typeof exporting === 'string' ? `its exports: ${exporting}` : undefined;
  }

  /**
   * Matches `given` against `wanted`: the resources of `wanted` become the given ones.
   *
   * Returns the substitution that maps types in terms of `wanted` to types in terms of `given`, or why something does not match.
   */
  open(given: Entities, wanted: ExpectedShape): Substitution | string {
    const resources = matchResources(given, wanted.resources);
    const substitution = new Substitution(this.#validation, resources);
    const types = new Map<object, object>();
    for (const [name, expected] of wanted.entities) {
      const found = given.get(name);
      if (found === undefined) return `"${shorten(name)}" is missing`;
      const mismatch = this.entity(found, substitution.entity(expected));
      if (mismatch !== undefined) return `"${shorten(name)}": ${mismatch}`;
      noteNewNames(found, expected, types);
    }
    return new Substitution(this.#validation, resources, types);
  }
}

/** The imports or exports of a component, with the paths of their resources. */
export interface ExpectedShape {
  readonly entities: Entities;
  readonly resources: ReadonlyMap<ResourceIdentity, ExportPath>;
}

type Handle = ValType & { kind: 'own' | 'borrow' };

/** Numbers the types of a tuple as labels. */
const DIFFER = Symbol('differ');

interface Labelled {
  readonly label: string;
  readonly type: ValType | undefined;
}

function numbered(types: readonly ValType[]): Labelled[] {
  return types.map((type, index) => ({ label: String(index), type }));
}

function inside(what: string, mismatch: Mismatch): Mismatch {
  return mismatch === undefined ? undefined : `${what}: ${mismatch}`;
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

/** The given resource for each expected one. Those without one are left out. */
export function matchResources(
  given: Entities,
  resources: ReadonlyMap<ResourceIdentity, ExportPath>,
): Map<ResourceIdentity, ResourceIdentity> {
  const matched = new Map<ResourceIdentity, ResourceIdentity>();
  for (const [identity, path] of resources) {
    const found = entityAt(given, path);
    if (found?.sort === 'type' && found.created.sort === 'resource')
      matched.set(identity, found.created.resource.identity);
  }
  return matched;
}

function entityAt(entities: Entities, path: ExportPath): EntityType | undefined {
  const found = entities.get(path.name);
  if (path.inside === undefined) return found;
  return found?.sort === 'instance' ? entityAt(found.type.exports, path.inside) : undefined;
}
