import type { StalledRequest } from '../../observe/log.ts';
import type { ServedRequest } from '../../wasi/wasi-ctx.ts';

/** The index of each 32-bit word. */
const WORD = { answers: 0, debugged: 1, isKnown: 2, ordinal: 3, ordinalHigh: 4, method: 5, path: 6, id: 7 } as const;
const WORDS_BYTES = 32;

const TWO_TO_THE_32ND = 2 ** 32;

/** The ordinal while no guest has run for a request. */
const NO_REQUEST = -1;

/** How many characters of each string are kept. */
const MAX_CHARS = { method: 16, path: 256, id: 128 } as const;
const OFFSET = { method: 0, path: MAX_CHARS.method, id: MAX_CHARS.method + MAX_CHARS.path } as const;
const ALL_CHARS = MAX_CHARS.method + MAX_CHARS.path + MAX_CHARS.id;

type Part = keyof typeof OFFSET;

/**
 * What another thread can see of this one while it is stalled: how often it has answered, and for which request a guest ran last.
 *
 * Each thread has a `GuestSlot` over the same shared bytes. Each request costs a few stores, and one for each character.
 */
export class GuestSlot {
  readonly bytes: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #chars: Uint16Array;
  #ordinal = NO_REQUEST;

  constructor(bytes = new SharedArrayBuffer(WORDS_BYTES + 2 * ALL_CHARS)) {
    this.bytes = bytes;
    this.#words = new Int32Array(bytes, 0, WORDS_BYTES / 4);
    this.#chars = new Uint16Array(bytes, WORDS_BYTES, ALL_CHARS);
  }

  /** The event loop is turning. `isDebugged`: a debugger is attached, which may pause it. */
  answer(isDebugged: boolean): void {
    Atomics.store(this.#words, WORD.debugged, Number(isDebugged));
    Atomics.add(this.#words, WORD.answers, 1);
  }

  get answers(): number {
    return Atomics.load(this.#words, WORD.answers);
  }

  get isDebugged(): boolean {
    return Atomics.load(this.#words, WORD.debugged) === 1;
  }

  /** From now on a guest runs for `request`. `ids`: `all` assigns the request an id if it has none yet. */
  enter(request: ServedRequest, ids: 'known' | 'all'): void {
    const { ordinal } = request;
    if (ordinal === this.#ordinal) return;
    this.#ordinal = ordinal;
    this.#words[WORD.isKnown] = 1;
    // Stored modulo 2 ** 32: a long-running host may get beyond that.
    this.#words[WORD.ordinal] = ordinal;
    this.#words[WORD.ordinalHigh] = ordinal / TWO_TO_THE_32ND;
    this.#write('method', request.method);
    this.#write('path', request.target);
    this.#write('id', (ids === 'all' ? request.id : request.knownId) ?? '');
  }

  /** The request for which a guest ran last. Only reliable while the other thread is stalled. */
  readRequest(): StalledRequest | undefined {
    if (Atomics.load(this.#words, WORD.isKnown) === 0) return undefined;
    const low = Atomics.load(this.#words, WORD.ordinal) >>> 0;
    const instance = Atomics.load(this.#words, WORD.ordinalHigh) * TWO_TO_THE_32ND + low;
    const id = this.#read('id');
    return { instance, method: this.#read('method'), path: this.#read('path'), id: id === '' ? undefined : id };
  }

  #write(part: Part, text: string): void {
    const chars = this.#chars;
    const offset = OFFSET[part];
    const length = Math.min(text.length, MAX_CHARS[part]);
    for (let index = 0; index < length; index += 1) chars[offset + index] = text.charCodeAt(index);
    this.#words[WORD[part]] = length;
  }

  #read(part: Part): string {
    const offset = OFFSET[part];
    const length = Atomics.load(this.#words, WORD[part]);
    return String.fromCharCode(...this.#chars.slice(offset, offset + length));
  }
}
