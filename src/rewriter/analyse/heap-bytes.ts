/** What V8 takes of its heap for parts of an instance, in bytes: measured on Node 26.10, rounded up. */
export const HEAP_BYTES = Object.freeze({
  /** For a core instance of an empty module, with what we keep of it. */
  instance: 6000,
  /**
   * V8 has addresses for some 16,000 memories in a process, whatever their size, so each counts for more than its objects; and for so much more beside
   * another of its instance that the quarter of a heap of 4 GiB is used up sooner.
   */
  memory: 16_384,
  furtherMemory: 163_840,
  table: 450,
  /** An element that is a function: 24 while it is null. */
  functionElement: 64,
  otherElement: 8,
  /** An element of a segment, whose values an instance may hold a second time. */
  segmentElement: 24,
  segment: 8,
  function: 32,
  importedFunction: 180,
  /** Another import, an export: a function takes most. */
  export: 380,
  global: 16,
  /** One that the host can reach. */
  mutableGlobal: 170,
  tag: 24,
  type: 8,
  /** Of a struct or an array that a first value makes: beside its fields, and a field. */
  object: 32,
  field: 8,
  /** Of an operation in a constant expression: nothing of the heap, but 30 ns of each start. */
  operation: 16,
} as const);
