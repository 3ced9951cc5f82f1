import { partsOf } from '../../abi/despecialize.ts';
import type { ValType } from '../../abi/types.ts';
import { type CheckedType, type EntityType, type ResourceIdentity, identityOf } from './checked-types.ts';
import type { Validation } from './validation.ts';

/** Collects the resources that types refer to, except those that a type itself introduces. */
export class FreeResources {
  readonly found = new Set<ResourceIdentity>();
  readonly #validation: Validation;
  readonly #seen = new Set<object>();

  constructor(validation: Validation) {
    this.#validation = validation;
  }

  entity(entity: EntityType): void {
    if (entity.sort === 'type') this.type(entity.created);
    else if (entity.sort !== 'core module') this.type(entity);
  }

  type(type: CheckedType): void {
    if (type.sort === 'resource') {
      this.found.add(type.resource.identity);
      return;
    }
    if (this.#isSeen(type.type)) return;
    switch (type.sort) {
      case 'value':
        this.#parts(type.type);
        break;
      case 'func':
        this.#validation.spend(type.type.params.length);
        for (const param of type.type.params) this.#value(param.type);
        this.#value(type.type.result);
        break;
      case 'instance':
        this.#validation.spend(type.type.exports.size + type.type.definedResources.size);
        for (const entity of type.type.exports.values()) this.entity(entity);
        for (const identity of type.type.definedResources) this.found.delete(identity);
        break;
      case 'component': {
        const { imports, exports, importedResources, definedResources } = type.type;
        this.#validation.spend(imports.size + exports.size + importedResources.size + definedResources.size);
        for (const entity of [...imports.values(), ...exports.values()]) this.entity(entity);
        for (const identity of [...importedResources.keys(), ...definedResources.keys()]) this.found.delete(identity);
      }
    }
  }

  #value(type: ValType | undefined): void {
    if (type !== undefined && !this.#isSeen(type)) this.#parts(type);
  }

  #parts(type: ValType): void {
    if (type.kind === 'own' || type.kind === 'borrow') this.found.add(identityOf(type.resource));
    const parts = partsOf(type);
    this.#validation.spend(parts.length);
    for (const part of parts) this.#value(part);
  }

  #isSeen(type: object): boolean {
    if (this.#seen.has(type)) return true;
    this.#validation.spend(1);
    this.#seen.add(type);
    return false;
  }
}
