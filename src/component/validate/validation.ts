import { partsOf } from '../../abi/despecialize.ts';
import type { FuncType, ValType } from '../../abi/types.ts';
import { HostError } from '../../util/host-error.ts';
import type { ComponentSource } from '../source.ts';
import { type ByteSize, byteSizeOf } from './byte-size.ts';
import { CoreFuncTypes } from './core-types.ts';

/**
 * How many parts of types, and declarations of core modules, may be visited, compared or copied. The 14 MB of StarlingMonkey take about 26,000. Without a
 * bound, a kilobyte of types that refer to each other would take forever, and all memory; and a million globals, of six bytes each, half a gigabyte.
 */
const MAX_STEPS = 1_000_000;

/** How many parts a type may have when everything it refers to is expanded. Source: `MAX_WASM_TYPE_SIZE` of wasm-tools. */
const MAX_TYPE_SIZE = 1_000_000;

/** How deep types may nest. Source: `MAX_WASM_COMPONENT_TYPE_DEPTH` of wasm-tools. */
export const MAX_TYPE_DEPTH = 100;

/** Source: "Element Size" in component-model `CanonicalABI.md`. */
const MAX_VALUE_BYTES = 2 ** 28;

/** What is known about a value type. */
export interface ValInfo {
  /** The number of parts when everything it refers to is expanded. */
  readonly size: number;
  readonly depth: number;
  readonly hasBorrow: boolean;
  /** Whether its values have parts that are always in memory. */
  readonly hasPointer: boolean;
  readonly bytes: ByteSize;
}

/** The validation of one component: its position, the steps it has left, and what it knows about types. */
export class Validation {
  readonly source: ComponentSource;
  readonly coreFuncs = new CoreFuncTypes();
  /** The offset of what is being validated, from the start of the file. */
  offset = 0;
  #stepsLeft = MAX_STEPS;
  readonly #infos = new Map<ValType, ValInfo>();

  constructor(source: ComponentSource) {
    this.source = source;
  }

  /** Counts work. */
  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) this.refuse('validating its definitions and types takes too many steps');
  }

  /** Throws: the component is invalid. */
  fail(complaint: string): never {
    throw new HostError('bad-component', `${this.source.label} is invalid: ${this.#at(complaint)}`);
  }

  /** Throws: the component may be valid, but is not supported. */
  refuse(complaint: string): never {
    throw new HostError('not-supported', `${this.source.label}: ${this.#at(complaint)}`);
  }

  #at(complaint: string): string {
    return `at byte 0x${this.offset.toString(16)}: ${complaint}`;
  }

  /** What is known about `type`. Its parts must have been visited before. */
  infoOf(type: ValType): ValInfo {
    const known = this.#infos.get(type);
    if (known !== undefined) return known;
    const info = this.#measure(type);
    if (info.depth > MAX_TYPE_DEPTH) this.fail(`types nested more than ${MAX_TYPE_DEPTH} deep`);
    if (info.size > MAX_TYPE_SIZE) this.fail(`a type with more than ${MAX_TYPE_SIZE} parts`);
    if (info.bytes.byteLength >= MAX_VALUE_BYTES)
      this.fail(`a type whose values take ${MAX_VALUE_BYTES} bytes or more`);
    this.#infos.set(type, info);
    return info;
  }

  #measure(type: ValType): ValInfo {
    const info = {
      size: 1 + ('labels' in type ? type.labels.length : 0),
      depth: 0,
      hasBorrow: type.kind === 'borrow',
      hasPointer: type.kind === 'string' || (type.kind === 'list' && type.length === undefined),
      bytes: byteSizeOf(type, (part) => this.infoOf(part).bytes),
    };
    for (const part of partsOf(type)) {
      const inside = this.infoOf(part);
      info.size += inside.size;
      info.depth = Math.max(info.depth, inside.depth);
      info.hasBorrow ||= inside.hasBorrow;
      info.hasPointer ||= inside.hasPointer;
    }
    info.depth += 1;
    return info;
  }

  /** How many parts a function type has. */
  sizeOf({ params, result }: FuncType): number {
    const size = params.reduce((sum, { type }) => sum + this.infoOf(type).size, 1);
    return size + (result === undefined ? 0 : this.infoOf(result).size);
  }
}
