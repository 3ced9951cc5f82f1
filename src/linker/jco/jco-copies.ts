import { getHeapStatistics } from 'node:v8';
import { LimitExceeded } from '../../util/trap.ts';

/** For the glue, which imports from here what is in the place of JavaScript's own. */
export const JCO_COPIES_URL = import.meta.url;

/** For each time that the glue turns to a memory: an element of a list is made of that. */
const ELEMENT_BYTES = 32;
/** After so much it is looked whether there is room for more, and time. */
const LOOK_BYTES = 1024 * 1024;

const bufferOf = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')?.get as (
  this: WebAssembly.Memory,
) => ArrayBufferLike;

/** Whose memory the glue turned to last: what it makes then is made of that. It keeps no instance alive. */
let current: WeakRef<JcoCopies> | undefined;

/**
 * Counts what jco's glue makes of an instance's memories. It lifts a whole list in one go, of millions of elements, or that have the same bytes all of them; no check
 * of the guest's comes in between.
 */
export class JcoCopies {
  readonly #look: () => void;
  readonly self = new WeakRef(this);
  #bytes = 0;

  /** `look` throws where the guest has to end. */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** Has it counted whenever somebody turns to the memory. */
  watch(memory: WebAssembly.Memory): void {
    Object.defineProperty(memory, 'buffer', {
      get: () => {
        turnTo(this);
        return bufferOf.call(memory);
      },
    });
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < LOOK_BYTES) return;
    this.#bytes = 0;
    this.#look();
    if (process.memoryUsage().external > getHeapStatistics().heap_size_limit / 2)
      throw new LimitExceeded('maxCallBytes', 'too many bytes passed to the host in one call');
  }
}

function turnTo(copies: JcoCopies): void {
  current = copies.self;
  copies.count(ELEMENT_BYTES);
}

/** In the glue it is called `Uint8Array`. @public */
export const CountedBytes = counted(Uint8Array);
/** In the glue it is called `Uint16Array`. @public */
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
