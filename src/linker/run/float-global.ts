/** What holds a value: a global, as JavaScript sees it. */
export interface MutableValue {
  value: unknown;
}

/** A global of a float. Its value is the float's bits, an integer: JavaScript does not keep those of a NaN. */
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
