import { getHeapStatistics } from 'node:v8';
import { LimitExceeded } from '../../util/trap.ts';

/** Charged each time that the glue accesses a memory: it creates an object for each element of a list. */
const ELEMENT_BYTES = 32;
/** After this many bytes, checks whether there is room and time for more. */
const CHECK_BYTES = 1024 * 1024;

const bufferOf = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')?.get as (
  this: WebAssembly.Memory,
) => ArrayBuffer;

/** On the buffer of a memory: what counts the copies that are made of it. */
const COPIES = Symbol('copies');

/**
 * Counts what jco's glue copies from an instance's memories. It lifts a whole list in one go, which may have millions of elements, or elements that all
 * share the same bytes; the guest's own checks do not run in between.
 */
export class JcoCopies {
  readonly #check: () => void;
  #bytes = 0;

  /** `check` throws if the guest has to end. */
  constructor(check: () => void) {
    this.#check = check;
  }

  /** Counts each access to the memory, and what is copied of its bytes. */
  watch(memory: WebAssembly.Memory): void {
    Object.defineProperty(memory, 'buffer', {
      get: () => {
        this.count(ELEMENT_BYTES);
        return this.#watched(bufferOf.call(memory));
      },
    });
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < CHECK_BYTES) return;
    this.#bytes = 0;
    this.#check();
    if (process.memoryUsage().external > getHeapStatistics().heap_size_limit / 2)
      throw new LimitExceeded('maxCallBytes', 'one call passes too many bytes to the host');
  }

  /** A memory has a new buffer whenever it has grown. One that is shared is frozen, but no glue copies from it: no canonical option takes it. */
  #watched(buffer: ArrayBuffer): ArrayBuffer {
    if (Object.hasOwn(buffer, COPIES) || !Object.isExtensible(buffer)) return buffer;
    const slice = (begin?: number, end?: number): ArrayBuffer => {
      const copy = ArrayBuffer.prototype.slice.call(buffer, begin, end);
      this.count(copy.byteLength);
      return copy;
    };
    return Object.defineProperties(buffer, { [COPIES]: { value: this }, slice: { value: slice } });
  }
}

/** The glue imports it as `Uint8Array`. @public */
export const CountedBytes = counted(Uint8Array);
/** The glue imports it as `Uint16Array`. @public */
export const CountedUnits = counted(Uint16Array);

/** The class, but that what it shows of a memory counts as copied: the glue makes a string of it. */
function counted<Class extends Uint8ArrayConstructor | Uint16ArrayConstructor>(original: Class): Class {
  return new Proxy(original, {
    construct: (target, args: readonly unknown[]) => {
      const made = Reflect.construct(target, args) as ArrayBufferView;
      const shown = args[0] as { readonly [COPIES]?: JcoCopies } | null | undefined;
      shown?.[COPIES]?.count(made.byteLength);
      return made;
    },
  });
}
