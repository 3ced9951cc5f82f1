import { globSync, readFileSync } from 'node:fs';
import { metadataShow, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { CARD_BYTES, SLACK, SLICE_HEADER_BYTES } from '../../src/component/rewrite/layout.ts';
import { rewriteModule, type Rewritten } from '../../src/component/rewrite/rewrite.ts';

export const PAGE_BYTES = 65_536;

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

/** The memory of cards and one slice in it, with another's bytes before and after. */
export class Slice {
  readonly cards = new WebAssembly.Memory({ initial: 1 });
  readonly base = 4096;

  get #words(): Uint32Array {
    return new Uint32Array(this.cards.buffer);
  }

  get pages(): number {
    return this.#words[this.base / 4] ?? 0;
  }

  set pages(pages: number) {
    this.#words[this.base / 4] = pages;
  }

  /** The cards of `pages` pages of memory. */
  cardsOf(pages: number): Uint8Array {
    return new Uint8Array(this.cards.buffer, this.base + SLICE_HEADER_BYTES, (pages * PAGE_BYTES) / CARD_BYTES);
  }

  /** Whether all that lies outside the slice of `pages` pages is as it was. */
  isContained(pages: number): boolean {
    const end = this.base + SLICE_HEADER_BYTES + (pages * PAGE_BYTES) / CARD_BYTES;
    const bytes = new Uint8Array(this.cards.buffer);
    return bytes.subarray(0, this.base).every((byte) => byte === 0) && bytes.subarray(end).every((byte) => byte === 0);
  }
}

/** A rewritten module at work, with a memory that can be set back. */
export class Tracked {
  readonly rewritten: Rewritten;
  readonly exports: Record<string, unknown>;
  readonly memory: WebAssembly.Memory;
  readonly slice: Slice;
  readonly #image: Uint8Array;
  readonly #pages: number;

  constructor(bytes: Uint8Array, imports: WebAssembly.Imports = {}, slice = new Slice()) {
    this.rewritten = rewriteModule(bytes, { maxMemoryPages: 512, memory: 'tracked' });
    this.slice = slice;
    const own: Record<string, WebAssembly.Memory> = { cards: slice.cards };
    for (const { recycledAs, limits, isShared } of this.rewritten.memories) {
      if (recycledAs === undefined) continue;
      const { initial, maximum = initial } = limits;
      own[recycledAs] = new WebAssembly.Memory({ initial, maximum, shared: isShared });
      if (recycledAs === 'memory') slice.pages = initial;
    }
    const module = new WebAssembly.Module(this.rewritten.bytes as BufferSource);
    this.exports = new WebAssembly.Instance(module, { ...imports, 'wasi-serve': own }).exports;
    this.memory = this.exports['wasi-serve:memory:0'] as WebAssembly.Memory;
    const { cardsExport, startExport, dataSegments } = this.rewritten;
    if (cardsExport !== undefined) (this.exports[cardsExport] as WebAssembly.Global).value = slice.base;
    for (const { offset, bytes: data } of dataSegments) this.bytes.set(data, offset);
    if (startExport !== undefined) this.func(startExport)();
    this.#pages = slice.pages;
    this.#image = this.bytes.slice();
    slice.cardsOf(this.realPages).fill(0);
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
    const marked: number[] = [];
    for (const [card, mark] of this.slice.cardsOf(this.realPages).entries()) if (mark !== 0) marked.push(card);
    for (const card of marked) {
      const from = Math.max(0, card * CARD_BYTES - SLACK);
      const to = Math.min(this.bytes.length, (card + 1) * CARD_BYTES + SLACK);
      this.bytes.fill(0, from, to);
      this.bytes.set(this.#image.subarray(from, to), Math.min(from, this.bytes.length));
    }
    this.slice.cardsOf(this.realPages).fill(0);
    this.slice.pages = this.#pages;
    return marked;
  }

  /** Whether memory is as it was at first, and zero where there was none. */
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
