import { partsOf } from '../../abi/despecialize.ts';
import type { FuncType, ValType } from '../../abi/types.ts';
import { HostError } from '../../util/host-error.ts';
import type { ComponentSource } from '../source.ts';
import { type ByteSize, byteSizeOf } from './byte-size.ts';
import { CoreFuncTypes } from './core-types.ts';

/**
 * How many parts of types are looked at, compared or copied, with what core modules declare. The 14 MB of StarlingMonkey take some 26,000. Without an
 * end, types of a kilobyte that refer to each other would take for ever, and all memory; and a million globals of six bytes each half a gigabyte.
 */
const MAX_STEPS = 1_000_000;

/** How many parts a type may have when all that it refers to is written out. Source: `MAX_WASM_TYPE_SIZE` of wasm-tools. */
const MAX_TYPE_SIZE = 1_000_000;

/** How deep types may nest. Source: `MAX_WASM_COMPONENT_TYPE_DEPTH` of wasm-tools. */
export const MAX_TYPE_DEPTH = 100;

/** Source: "Element Size" in component-model `CanonicalABI.md`. */
const MAX_VALUE_BYTES = 2 ** 28;

/** What is known of a type of values. */
export interface ValInfo {
  /** Parts, when all that it refers to is written out. */
  readonly size: number;
  readonly depth: number;
  readonly hasBorrow: boolean;
  /** Whether a value of it has parts that are always in memory. */
  readonly hasPointer: boolean;
  readonly bytes: ByteSize;
}

/** One validation of one component: where it is, what it may still do, and what it knows of types. */
export class Validation {
  readonly source: ComponentSource;
  readonly coreFuncs = new CoreFuncTypes();
  /** Of what is being validated, from the start of the file. */
  offset = 0;
  #stepsLeft = MAX_STEPS;
  readonly #infos = new Map<ValType, ValInfo>();

  constructor(source: ComponentSource) {
    this.source = source;
  }

  /** Counts work. */
  spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0)
      this.refuse('going through its definitions and types takes more steps than any component needs');
  }

  /** The component is wrong. */
  fail(complaint: string): never {
    throw new HostError('bad-component', `${this.source.label} is not valid: ${this.#at(complaint)}`);
  }

  /** The component may be right, but is not supported. */
  refuse(complaint: string): never {
    throw new HostError('not-supported', `${this.source.label}: ${this.#at(complaint)}`);
  }

  #at(complaint: string): string {
    return `at byte 0x${this.offset.toString(16)}: ${complaint}`;
  }

  /** What is known of `type`, whose parts were asked for before. */
  infoOf(type: ValType): ValInfo {
    const known = this.#infos.get(type);
    if (known !== undefined) return known;
    const info = this.#measure(type);
    if (info.depth > MAX_TYPE_DEPTH) this.fail(`more than ${MAX_TYPE_DEPTH} types within each other`);
    if (info.size > MAX_TYPE_SIZE) this.fail(`a type of more than ${MAX_TYPE_SIZE} parts`);
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

  /** How many parts the type of a function has. */
  sizeOf({ params, result }: FuncType): number {
    const size = params.reduce((sum, { type }) => sum + this.infoOf(type).size, 1);
    return size + (result === undefined ? 0 : this.infoOf(result).size);
  }
}
