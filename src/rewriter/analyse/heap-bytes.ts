/** How many bytes of V8's heap the parts of an instance take: measured on Node 26.10, rounded up. */
export const HEAP_BYTES = Object.freeze({
  /** A core instance of an empty module, including what we keep for it. */
  instance: 6000,
  /**
   * V8 has addresses for about 16,000 memories in a process, whatever their size. So each counts for more than its objects, and a further memory of an
   * instance for so much more that a quarter of a 4 GiB heap is used up before the addresses are.
   */
  memory: 16_384,
  furtherMemory: 163_840,
  table: 450,
  /** A table element that is a function; 24 bytes while it is null. */
  functionElement: 64,
  otherElement: 8,
  /** An element of a segment, whose value an instance may hold twice. */
  segmentElement: 24,
  segment: 8,
  function: 32,
  importedFunction: 180,
  /** Another import, or an export: functions take the most. */
  export: 380,
  global: 16,
  /** A global that the host can access. */
  mutableGlobal: 170,
  tag: 24,
  type: 8,
  /** A struct or an array created by an initial value, without its fields; and a field. */
  object: 32,
  field: 8,
  /** An operation in a constant expression: it takes no heap, but 30 ns of each start. */
  operation: 16,
} as const);
