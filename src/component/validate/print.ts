import type { FuncType, ValType } from '../../abi/types.ts';
import { toPrintable, truncate } from '../../util/printable.ts';
import { type CheckedType, type EntityType, isPrim } from './checked-types.ts';

const MAX_NAME_CHARS = 100;

/** Makes a name chosen by a component fit to show: on one line, and not too long. */
export function shorten(name: string): string {
  return toPrintable(truncate(name, MAX_NAME_CHARS));
}

/** Longer descriptions of types are cut: types can be large, and refer to others many times. */
const MAX_CHARS = 400;

/** Prints types as WIT does, until the text is long enough. */
class TypePrinter {
  #text = '';

  get text(): string {
    return this.#text.length > MAX_CHARS ? `${this.#text.slice(0, MAX_CHARS)}…` : this.#text;
  }

  write(text: string): this {
    if (this.#text.length <= MAX_CHARS) this.#text += text;
    return this;
  }

  /** Calls `write` for each item, with commas in between. */
  list<T>(items: readonly T[], write: (item: T) => void): this {
    for (const [index, item] of items.entries()) {
      if (this.#text.length > MAX_CHARS) break;
      if (index > 0) this.write(', ');
      write(item);
    }
    return this;
  }

  func({ params, result }: FuncType): void {
    this.write('func(');
    this.list(params, ({ label, type }) => this.labelled(label, type));
    this.write(')');
    if (result !== undefined) this.write(' -> ').value(result);
  }

  labelled(label: string, type: ValType): void {
    this.write(`${label}: `).value(type);
  }

  value(type: ValType): void {
    if (this.#text.length > MAX_CHARS) return;
    if (isPrim(type)) {
      this.write(type.kind);
      return;
    }
    switch (type.kind) {
      case 'record':
        this.write('record { ');
        this.list(type.fields, (field) => this.labelled(field.label, field.type)).write(' }');
        break;
      case 'variant':
        this.write('variant { ');
        this.list(type.cases, (c) => this.#case(c.label, c.type)).write(' }');
        break;
      case 'flags':
      case 'enum':
        this.write(`${type.kind} { `)
          .list(type.labels, (label) => this.write(label))
          .write(' }');
        break;
      case 'tuple':
        this.write('tuple<')
          .list(type.elements, (element) => this.value(element))
          .write('>');
        break;
      case 'list':
        this.#around('list', type.element, type.length === undefined ? '' : `, ${type.length}`);
        break;
      case 'option':
        this.#around('option', type.some, '');
        break;
      case 'result':
        this.#result(type.ok, type.err);
        break;
      case 'own':
      case 'borrow':
        this.write(`${type.kind}<${type.resource.name}>`);
    }
  }

  #case(label: string, type: ValType | undefined): void {
    this.write(label);
    if (type !== undefined) this.#around('', type, '');
  }

  #around(name: string, type: ValType, last: string): void {
    this.write(name === '' ? '(' : `${name}<`).value(type);
    this.write(last).write(name === '' ? ')' : '>');
  }

  #result(ok: ValType | undefined, err: ValType | undefined): void {
    this.write('result');
    if (ok === undefined && err === undefined) return;
    this.write('<');
    if (ok === undefined) this.write('_');
    else this.value(ok);
    if (err !== undefined) this.write(', ').value(err);
    this.write('>');
  }
}

/** A value type as WIT writes it: `list<tuple<string, u8>>`; cut if it is long. */
export function printValType(type: ValType): string {
  const printer = new TypePrinter();
  printer.value(type);
  return printer.text;
}

/** `func(self: borrow<fields>, name: string) -> bool` */
export function printFuncType(type: FuncType): string {
  const printer = new TypePrinter();
  printer.func(type);
  return printer.text;
}

/** Describes a type; functions and value types in full. */
export function printCheckedType(type: CheckedType): string {
  if (type.sort === 'value') return printValType(type.type);
  if (type.sort === 'resource') return `resource ${type.resource.name}`;
  return type.sort === 'func' ? printFuncType(type.type) : `${type.sort} type`;
}

/** Describes an import or export; functions and types in full. */
export function printEntity(entity: EntityType): string {
  if (entity.sort === 'func') return printFuncType(entity.type);
  if (entity.sort === 'type') return `type ${printCheckedType(entity.referenced)}`;
  return entity.sort;
}
