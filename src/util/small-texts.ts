/** Texts of the integers from 0 to `count - 1`, each made when it is first needed: for numbers that are written again and again. */
export class SmallTexts {
  readonly #count: number;
  readonly #toText: (value: number) => string;
  readonly #texts: string[] = [];

  constructor(count: number, toText: (value: number) => string) {
    this.#count = count;
    this.#toText = toText;
  }

  /** The text of any number; of integers from `count` on, and of what is none of these, it is made each time. */
  of(value: number): string {
    if (value >= this.#count) return this.#toText(value);
    // Filled in turn: an array with holes would become a dictionary.
    while (this.#texts.length <= value) this.#texts.push(this.#toText(this.#texts.length));
    return this.#texts[value] ?? this.#toText(value);
  }
}
