import type { FuncType, ValType } from '../../abi/types.ts';
import {
  type CheckedType,
  type EntityType,
  type InstanceType,
  countParts,
  isPrim,
  nameKeyOf,
} from './checked-types.ts';
import type { Frame } from './frame.ts';
import type { Validation } from './validation.ts';

/**
 * Checks that everything that the type of an import or export refers to is named by an import, or by an import or export, and adds the names that it
 * introduces.
 *
 * Source: "all exported types must be named" in component-model `Explainer.md`, and wasm-tools' validator for which types need one.
 */
export class NamedTypes {
  readonly #validation: Validation;
  readonly #frame: Frame;
  readonly #kind: 'import' | 'export';
  readonly #named: Set<object>;

  constructor(validation: Validation, frame: Frame, kind: 'import' | 'export') {
    this.#validation = validation;
    this.#frame = frame;
    this.#kind = kind;
    this.#named = kind === 'import' ? frame.importedTypes : frame.exportedTypes;
  }

  /** Adds what `entity` introduces. Returns whether everything it refers to was already named. */
  add(entity: EntityType): boolean {
    this.#validation.spend(1);
    switch (entity.sort) {
      case 'type':
        if (!this.#isInsideNamed(entity.referenced)) return false;
        if (this.#kind === 'import') this.#frame.importedTypes.add(nameKeyOf(entity.created));
        this.#frame.exportedTypes.add(nameKeyOf(entity.created));
        return true;
      case 'instance':
        return [...entity.type.exports.values()].every((inside) => this.add(inside));
      case 'func':
        return this.#isFuncNamed(entity.type);
      case 'component':
      case 'core module':
        break;
    }
    return true;
  }

  /** The type itself need not be named: it is about to be. */
  #isInsideNamed(type: CheckedType): boolean {
    switch (type.sort) {
      case 'value':
        return this.#arePartsNamed(type.type);
      case 'func':
        return this.#isFuncNamed(type.type);
      case 'instance':
        return this.#isInstanceNamed(type.type);
      case 'resource':
      case 'component':
        break;
    }
    return true;
  }

  #isInstanceNamed({ exports }: InstanceType): boolean {
    return [...exports.values()].every((entity) => {
      this.#validation.spend(1);
      if (entity.sort === 'func') return this.#isFuncNamed(entity.type);
      if (entity.sort === 'type') return this.#isInsideNamed(entity.created);
      return entity.sort === 'instance' ? this.#isInstanceNamed(entity.type) : true;
    });
  }

  #isFuncNamed({ params, result }: FuncType): boolean {
    return params.every(({ type }) => this.#isNamed(type)) && (result === undefined || this.#isNamed(result));
  }

  #isNamed(type: ValType): boolean {
    this.#validation.spend(1);
    const needsName =
      type.kind === 'record' || type.kind === 'variant' || type.kind === 'flags' || type.kind === 'enum';
    return needsName ? this.#named.has(type) : this.#arePartsNamed(type);
  }

  #arePartsNamed(type: ValType): boolean {
    if (isPrim(type)) return true;
    this.#validation.spend(countParts(type));
    switch (type.kind) {
      case 'record':
        return type.fields.every((field) => this.#isNamed(field.type));
      case 'variant':
        return type.cases.every((c) => c.type === undefined || this.#isNamed(c.type));
      case 'tuple':
        return type.elements.every((element) => this.#isNamed(element));
      case 'list':
        return this.#isNamed(type.element);
      case 'option':
        return this.#isNamed(type.some);
      case 'result':
        return [type.ok, type.err].every((part) => part === undefined || this.#isNamed(part));
      case 'own':
      case 'borrow':
        return this.#named.has(type.resource);
      case 'flags':
      case 'enum':
        break;
    }
    return true;
  }
}
