import { type StartListener, type StepState, elementsOf } from '../linker/run/core-instances.ts';
import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { Content } from '../linker/run/memory/memory-base.ts';

/** The state of an instance that has just started: everything that a request can change. */
export interface Image {
  /** Each memory's content, and the size reported to the guest. */
  readonly memories: readonly { readonly content: Content; readonly reportedPages: number }[];
  readonly globals: readonly unknown[];
  readonly tables: readonly (readonly unknown[])[];
}

/**
 * Captures the image of an instance that has started and done nothing else. Only what is written after this call will be restored.
 *
 * `like` is the image of another instance of the component; if the two are equal, the result is `like`, or shares its bytes.
 */
export function captureImage<Ctx>(instance: LinkedInstance<Ctx>, like: Image | undefined): Image {
  const { memories, globals, tables } = instance.core;
  const image: Image = {
    memories: memories.map((memory, index) => ({
      content: memory.capture(like?.memories[index]?.content),
      reportedPages: memory.reportedPages,
    })),
    globals: globals.map((global) => global.value),
    tables: tables.map(elementsOf),
  };
  return like !== undefined && isSame(image, like) ? like : image;
}

/**
 * The image of an instance that starts with this as its listener: each core instance as it is before its start function, so that restoring the image and
 * running the start functions gives what a new instance has. Memories get `roomPages` of room before anything runs.
 */
export class StartImage implements Image, StartListener {
  readonly memories: Image['memories'][number][] = [];
  readonly globals: unknown[] = [];
  readonly tables: (readonly unknown[])[] = [];
  readonly #like: Image | undefined;
  readonly #roomPages: number;
  /** Tables that several modules write, each as it was when the first of these had been instantiated. */
  readonly #elements = new Map<WebAssembly.Table, readonly unknown[]>();

  /** `like` is the image of another instance of the component, whose bytes it shares. */
  constructor(like: Image | undefined, roomPages: number) {
    this.#like = like;
    this.#roomPages = roomPages;
  }

  instantiated({ memories, globals, tables }: StepState): void {
    for (const [at, memory] of memories) {
      const content = memory.capture(this.#like?.memories[at]?.content);
      this.memories[at] = { content, reportedPages: memory.reportedPages };
      memory.makeRoom(this.#roomPages);
    }
    for (const [at, global] of globals) this.globals[at] = global.value;
    for (const [at, table] of tables) this.tables[at] = this.#elementsOf(table);
  }

  #elementsOf(table: WebAssembly.Table): readonly unknown[] {
    const elements = this.#elements.get(table) ?? elementsOf(table);
    this.#elements.set(table, elements);
    return elements;
  }
}

function isSame(one: Image, other: Image): boolean {
  const hasSameMemories = one.memories.every(({ content, reportedPages }, index) => {
    const memory = other.memories[index];
    return memory?.content === content && memory.reportedPages === reportedPages;
  });
  const hasSameGlobals = one.globals.every((value, index) => Object.is(value, other.globals[index]));
  return hasSameMemories && hasSameGlobals && one.tables.length === 0;
}

/** Restores the instance to `image`. Returns how many pages of memory had been written. */
export function restoreImage<Ctx>(instance: LinkedInstance<Ctx>, image: Image): number {
  const { memories, globals, tables } = instance.core;
  let pages = 0;
  for (const [index, memory] of memories.entries()) {
    const was = image.memories[index];
    if (was !== undefined) pages += memory.restore(was.content.bytes, was.reportedPages);
  }
  for (const [index, global] of globals.entries()) global.value = image.globals[index];
  for (const [index, table] of tables.entries()) restoreTable(table, image.tables[index] ?? []);
  instance.resetHandles();
  return pages;
}

/** A table cannot shrink: an instance with one that has grown cannot be reused, see `hasGrownTables`. */
function restoreTable(table: WebAssembly.Table, elements: readonly unknown[]): void {
  for (const [index, element] of elements.entries()) {
    if (table.get(index) !== element) table.set(index, element);
  }
}

/** Whether a table has grown, which cannot be undone. */
export function hasGrownTables<Ctx>(instance: LinkedInstance<Ctx>, image: Image): boolean {
  return instance.core.tables.some((table, index) => table.length !== image.tables[index]?.length);
}
