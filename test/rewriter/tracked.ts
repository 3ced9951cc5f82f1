import { globSync, readFileSync } from 'node:fs';
import { metadataShow, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import {
  CARD_BYTES,
  CHARGED_OFFSET,
  SLACK,
  GROUP_HEADER_BYTES,
  GROUP_SLICES,
  SIZE_STRIDE,
} from '../../src/rewriter/layout.ts';
import { rewriteModule, type Rewritten } from '../../src/rewriter/rewrite.ts';
import { createBridge } from '../../src/linker/run/bridge.ts';
import { JcoCore } from '../../src/linker/jco/jco-modules.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';

export const PAGE_BYTES = 65_536;

const MEMORY_EXPORT = 'wasi-serve:memory:0';

/** Assembles a module in the text format. */
export const assemble = (wat: string): Promise<Uint8Array> => parse(wat);

/** The core modules in all components that are built. Shape: a name for messages, and the bytes. */
export async function coreModules(): Promise<[name: string, bytes: Uint8Array][]> {
  const modules: [string, Uint8Array][] = [];
  for (const path of globSync('components/*/*.wasm').toSorted()) {
    const bytes = new Uint8Array(readFileSync(path));
    const nested = (await metadataShow(bytes)).filter(({ metaType }) => metaType.tag === 'module');
    for (const [index, { range }] of nested.entries()) modules.push([`${path} ${index}`, bytes.subarray(...range)]);
  }
  return modules;
}

/** Whether V8 takes it. */
export const isValid = (bytes: Uint8Array): boolean => WebAssembly.validate(bytes as BufferSource);

type Func = (...args: unknown[]) => unknown;

/** The memory of cards and one slice in it, next to others. */
export class Slice {
  readonly cards = new WebAssembly.Memory({ initial: 2 });
  readonly base = 4096 + 3;

  get #size(): number {
    return this.base + SIZE_STRIDE * (this.base % GROUP_SLICES);
  }

  get pages(): number {
    return new DataView(this.cards.buffer).getUint32(this.#size, true);
  }

  set pages(pages: number) {
    new DataView(this.cards.buffer).setUint32(this.#size, pages, true);
  }

  /** The pages that the guest was ever given. */
  set charged(pages: number) {
    new DataView(this.cards.buffer).setUint32(this.#size + CHARGED_OFFSET, pages, true);
  }

  /** Where the cards of `pages` pages of memory are. */
  #placesOf(pages: number): number[] {
    const first = this.base + GROUP_HEADER_BYTES;
    return Array.from({ length: (pages * PAGE_BYTES) / CARD_BYTES }, (_, card) => first + card * GROUP_SLICES);
  }

  /** Which cards of `pages` pages of memory are marked. */
  marksOf(pages: number): number[] {
    const bytes = new Uint8Array(this.cards.buffer);
    return this.#placesOf(pages).flatMap((place, card) => (bytes[place] === 0 ? [] : [card]));
  }

  clear(pages: number): void {
    const bytes = new Uint8Array(this.cards.buffer);
    for (const place of this.#placesOf(pages)) bytes[place] = 0;
  }

  /** Whether all that lies outside the slice of `pages` pages is as it was. */
  isContained(pages: number): boolean {
    const rest = new Uint8Array(this.cards.buffer).slice();
    for (const place of this.#placesOf(pages)) rest[place] = 0;
    for (const word of [this.#size, this.#size + CHARGED_OFFSET]) rest.fill(0, word, word + 4);
    return rest.every((byte) => byte === 0);
  }
}

/** What interrupts a module: a word that is set, and what is called then. */
export class Interrupter {
  readonly word = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  /** What each call gives; the number of the call, from 1, is its argument. */
  verdict: (call: number) => number = () => 0;
  calls = 0;
  readonly interrupt: WebAssembly.ExportValue;

  constructor() {
    // A typed function reference takes functions of modules only.
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 111, 1, 127, 2, 7, 1, 1, 97, 1, 98, 0, 0];
    const reexport = [3, 2, 1, 0, 7, 5, 1, 1, 99, 0, 1, 10, 8, 1, 6, 0, 32, 0, 16, 0, 11];
    const module = new WebAssembly.Module(new Uint8Array([...bytes, ...reexport]));
    const b = (): number => this.verdict(++this.calls);
    this.interrupt = new WebAssembly.Instance(module, { a: { b } }).exports['c'] as WebAssembly.ExportValue;
  }

  /** Keeps the word set, or not, until it is changed. */
  set(word: 0 | 1): void {
    new Int32Array(this.word.buffer)[0] = word;
  }
}

/** What is asked before memories grow. */
class Landlord {
  /** How many pages were asked for. */
  readonly asked: number[] = [];
  mayTake = true;
  readonly takePages = createBridge([
    { params: ['i32'], results: ['i32'], func: (pages: number) => Number(this.#answer(pages)) },
  ])[0] as WebAssembly.ExportValue;
  /** How many elements of tables were asked for. */
  readonly askedElements: number[] = [];
  readonly takeElements = createBridge([
    { params: ['i32'], results: ['i32'], func: (count: number) => Number(this.#answerElements(count)) },
  ])[0] as WebAssembly.ExportValue;

  #answerElements(count: number): boolean {
    this.askedElements.push(count);
    return this.mayTake;
  }

  #answer(pages: number): boolean {
    this.asked.push(pages);
    return this.mayTake;
  }
}

/** A module at work that has checks and nothing else, as in jco's glue. */
export class Checked {
  readonly exports: WebAssembly.Exports;
  readonly interrupter: Interrupter;
  readonly landlord = new Landlord();

  constructor(bytes: Uint8Array, imports: WebAssembly.Imports = {}, interrupter = new Interrupter()) {
    this.interrupter = interrupter;
    const limits = { maxMemoryPages: 512, maxTableElements: 1000 };
    const { bytes: checked, ...rewritten } = rewriteModule(bytes, { ...limits, memory: 'given', preemption: 'on' });
    const { word, interrupt } = interrupter;
    const { takePages, takeElements } = this.landlord;
    const given = { word, interrupt, takePages, takeElements };
    const module = new WebAssembly.Module(checked as BufferSource);
    const core = new JcoCore(
      given,
      { limits: { ...DEFAULT_LIMITS, ...limits, maxInstanceHeapBytes: 100_000_000 } },
      () => undefined,
    );
    this.exports = core.instantiate({ module, rewritten }, imports).exports;
  }

  func(name: string): Func {
    return this.exports[name] as Func;
  }
}

/** A rewritten module at work, with a memory that can be set back. */
export class Tracked {
  readonly rewritten: Rewritten;
  readonly exports: Record<string, unknown>;
  readonly memory: WebAssembly.Memory;
  readonly slice: Slice;
  readonly interrupter = new Interrupter();
  readonly landlord = new Landlord();
  readonly #image: Uint8Array;
  readonly #pages: number;

  /** `toV8` may change what was rewritten. */
  constructor(
    bytes: Uint8Array,
    imports: WebAssembly.Imports = {},
    slice = new Slice(),
    toV8 = (rewritten: Uint8Array): Uint8Array => rewritten,
  ) {
    this.rewritten = rewriteModule(bytes, {
      maxMemoryPages: 512,
      maxTableElements: 1000,
      memory: 'tracked',
      preemption: 'on',
    });
    this.slice = slice;
    const own: Record<string, WebAssembly.Memory> = { cards: slice.cards, word: this.interrupter.word };
    for (const { recycledAs, limits, isShared } of this.rewritten.memories) {
      if (recycledAs === undefined) continue;
      const { initial, maximum = initial } = limits;
      own[recycledAs] = new WebAssembly.Memory({ initial, maximum, shared: isShared });
      if (recycledAs === 'memory') slice.pages = slice.charged = initial;
    }
    const module = new WebAssembly.Module(toV8(this.rewritten.bytes) as BufferSource);
    this.exports = new WebAssembly.Instance(module, { ...imports, 'wasi-serve': own }).exports;
    const { [MEMORY_EXPORT]: memory = new WebAssembly.Memory({ initial: 0 }) } = this.exports;
    this.memory = memory as WebAssembly.Memory;
    const { cardsExport, startExport, interruptExport = '', takePagesExport, takeElementsExport } = this.rewritten;
    const { dataSegments } = this.rewritten;
    (this.exports[interruptExport] as WebAssembly.Global).value = this.interrupter.interrupt;
    if (takePagesExport !== undefined)
      (this.exports[takePagesExport] as WebAssembly.Global).value = this.landlord.takePages;
    if (takeElementsExport !== undefined)
      (this.exports[takeElementsExport] as WebAssembly.Global).value = this.landlord.takeElements;
    if (cardsExport !== undefined) (this.exports[cardsExport] as WebAssembly.Global).value = slice.base;
    for (const { offset, bytes: data } of dataSegments) this.bytes.set(data, offset);
    if (startExport !== undefined) this.func(startExport)();
    this.#pages = slice.pages;
    this.#image = this.bytes.slice();
    slice.clear(this.realPages);
  }

  func(name: string): Func {
    return this.exports[name] as Func;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  get realPages(): number {
    return this.memory.buffer.byteLength / PAGE_BYTES;
  }

  /** The bytes that the guest knows of. */
  get reported(): Uint8Array {
    return this.bytes.subarray(0, this.slice.pages * PAGE_BYTES);
  }

  /** Sets back what was marked and nothing else. Gives the marked cards. */
  restore(): number[] {
    const marked = this.slice.marksOf(this.realPages);
    for (const card of marked) {
      const from = Math.max(0, card * CARD_BYTES - SLACK);
      const to = Math.min(this.bytes.length, (card + 1) * CARD_BYTES + SLACK);
      this.bytes.fill(0, from, to);
      this.bytes.set(this.#image.subarray(from, to), Math.min(from, this.bytes.length));
    }
    this.slice.clear(this.realPages);
    this.slice.pages = this.#pages;
    return marked;
  }

  /** Whether memory is as it was initially, and zero beyond its initial size. */
  get isPristine(): boolean {
    const { bytes } = this;
    const isSame = Buffer.compare(bytes.subarray(0, this.#image.length), this.#image) === 0;
    return isSame && bytes.subarray(this.#image.length).every((byte) => byte === 0);
  }
}

/** What a call gives, or the text of its trap. */
export function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return `trap: ${error.message}`;
  }
}
