import { getHeapStatistics } from 'node:v8';
import { LimitExceeded } from '../../util/trap.ts';

/** The glue imports replacements for some of JavaScript's own classes from this module. */
export const JCO_COPIES_URL = import.meta.url;

/** Charged each time that the glue accesses a memory: it creates an object for each element of a list. */
const ELEMENT_BYTES = 32;
/** After this many bytes, checks whether there is room and time for more. */
const CHECK_BYTES = 1024 * 1024;

const bufferOf = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')?.get as (
  this: WebAssembly.Memory,
) => ArrayBufferLike;

/** The instance whose memory the glue accessed last: the next arrays that it creates are copies of that. Does not keep the instance alive. */
let current: WeakRef<JcoCopies> | undefined;

/**
 * Counts what jco's glue copies from an instance's memories. It lifts a whole list in one go, which may have millions of elements, or elements that all
 * share the same bytes; the guest's own checks do not run in between.
 */
export class JcoCopies {
  readonly #check: () => void;
  readonly self = new WeakRef(this);
  #bytes = 0;

  /** `check` throws if the guest has to end. */
  constructor(check: () => void) {
    this.#check = check;
  }

  /** Counts each access to the memory. */
  watch(memory: WebAssembly.Memory): void {
    Object.defineProperty(memory, 'buffer', {
      get: () => {
        accessed(this);
        return bufferOf.call(memory);
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
}

function accessed(copies: JcoCopies): void {
  current = copies.self;
  copies.count(ELEMENT_BYTES);
}

/** The glue imports it as `Uint8Array`. @public */
export const CountedBytes = counted(Uint8Array);
/** The glue imports it as `Uint16Array`. @public */
export const CountedUnits = counted(Uint16Array);

function counted<Class extends Uint8ArrayConstructor | Uint16ArrayConstructor>(original: Class): Class {
  return new Proxy(original, {
    construct: (target, args) => {
      const made = Reflect.construct(target, args) as ArrayBufferView;
      current?.deref()?.count(made.byteLength);
      return made;
    },
  });
}
