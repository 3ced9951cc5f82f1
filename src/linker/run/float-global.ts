/** A mutable value: a global, as JavaScript sees it. */
export interface MutableValue {
  value: unknown;
}

/** A float global. Its value is the float's bits as an integer, because JavaScript does not preserve the bits of a NaN. */
export class FloatGlobal implements MutableValue {
  readonly #get: () => unknown;
  readonly #set: (bits: unknown) => void;

  constructor(get: () => unknown, set: (bits: unknown) => void) {
    this.#get = get;
    this.#set = set;
  }

  get value(): unknown {
    return this.#get();
  }

  set value(bits: unknown) {
    this.#set(bits);
  }
}
