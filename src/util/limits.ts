import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { toKebabCase } from './kebab-case.ts';

/** Bounds on what a component may be and an instance of it may hold: settled when it is loaded. Sizes in bytes. */
export interface InstanceLimits {
  /** The component itself. Beyond: it is not read. */
  readonly maxComponentBytes: number;
  /** Its definitions, declarations and parts of types. Beyond: it is not read. */
  readonly maxComponentItems: number;
  /** How deep its components and types nest. Beyond: it is not read. */
  readonly maxNesting: number;
  /** Each linear memory; it is patched into the modules. Beyond: `memory.grow` gives -1. */
  readonly maxMemoryBytes: number;
  /** The linear memories of all guests of a component that are there at once. Beyond: as `maxMemoryBytes`; a guest that would start: 503. */
  readonly maxTotalMemoryBytes: number;
  /** Elements of all tables of an instance together. Beyond: `table.grow` gives -1; with more from the start: the component is not loaded. */
  readonly maxTableElements: number;
  /** What an instance takes of V8's heap before anything runs: tables, exports, functions, first values. Beyond: the component is not loaded. */
  readonly maxInstanceHeapBytes: number;
  /** The same of all guests of a component that are there at once, with what their tables grow. Beyond: `table.grow` gives -1; a guest that would start: 503. */
  readonly maxTotalInstanceHeapBytes: number;
  /** What V8's first compiler may take for one function, for which all requests wait, in ms as the rewriter estimates it. Beyond: the component is not loaded. */
  readonly maxFunctionCompileMs: number;
  /** What V8's second compiler may take for one function, of memory, as the rewriter estimates it. Beyond: the component is not loaded. */
  readonly maxFunctionCompileBytes: number;
  /** The code that V8 makes of all functions, as the rewriter estimates it. Beyond: the component is not loaded. */
  readonly maxCodeBytes: number;
  /** Resource handles of one request, in all its tables. Beyond: a trap. */
  readonly maxHandles: number;
  /** What one call makes the host copy, counted element by element. Beyond: a trap. */
  readonly maxCallBytes: number;
}

/** Bounds on what requests make the host hold or do. Sizes in bytes. */
export interface RequestLimits {
  /**
   * What one request has the host hold at a time: bodies that wait to be sent or read, fields, strings, handles, outgoing requests. Beyond: a
   * trap; `HTTP-request-denied` for an outgoing request. From half of it on `check-write` gives 0 sooner.
   */
  readonly maxHeldBytes: number;
  /** One read of a stream. Beyond: less is read. */
  readonly maxReadBytes: number;
  /** One write to a body. Beyond: a trap. */
  readonly maxWriteBytes: number;
  /** Writes to one body that wait to be sent; empty ones count. Then `check-write` gives 0. */
  readonly maxBufferedWrites: number;
  /** Names, values and 32 bytes for each entry of one `fields`. Beyond: a trap. */
  readonly maxFieldsBytes: number;
  /** Entries of one `fields`. Beyond: a trap. */
  readonly maxFieldsEntries: number;
  /** One `get-random-bytes`. Beyond: a trap. */
  readonly maxRandomBytes: number;
  /** Stdout and stderr of one request, together. Beyond: dropped, with one notice. */
  readonly maxOutputBytes: number;
  /** Outgoing requests of one request that wait for their response's head at once; more wait their turn. */
  readonly maxConcurrentOutbound: number;
  /** Outgoing requests of one request in all. Beyond: `HTTP-request-denied`. */
  readonly maxOutbound: number;
}

/** Bounds on what all requests of a host make it hold together. Sizes in bytes. */
export interface HostLimits {
  /** As `maxHeldBytes`, of all requests. Beyond: the one that holds most ends with 503. */
  readonly maxTotalHeldBytes: number;
}

export type Limits = InstanceLimits & RequestLimits & HostLimits;

/**
 * Far above what honest guests need, far below what hurts the host. What one call or instruction can do that nothing interrupts (copy so
 * much, make so much randomness, fill a table) takes some 20 ms at most.
 */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxComponentBytes: 256 * 1024 * 1024,
  maxComponentItems: 1_000_000,
  maxNesting: 100,
  maxMemoryBytes: 512 * 1024 * 1024,
  maxTotalMemoryBytes: halfOfMachine(),
  maxTableElements: 100_000,
  maxInstanceHeapBytes: 16 * 1024 * 1024,
  maxTotalInstanceHeapBytes: quarterOfHeap(),
  maxFunctionCompileMs: 100,
  maxFunctionCompileBytes: 512 * 1024 * 1024,
  maxCodeBytes: 1024 * 1024 * 1024,
  maxHandles: 100_000,
  maxCallBytes: 16 * 1024 * 1024,
  maxHeldBytes: 64 * 1024 * 1024,
  maxTotalHeldBytes: quarterOfHeap(),
  maxReadBytes: 64 * 1024,
  maxWriteBytes: 1024 * 1024,
  maxBufferedWrites: 2,
  maxFieldsBytes: 128 * 1024,
  maxFieldsEntries: 4096,
  maxRandomBytes: 16 * 1024 * 1024,
  maxOutputBytes: 1024 * 1024,
  maxConcurrentOutbound: 32,
  maxOutbound: 1000,
});

/** The other half is for the host, whatever else runs there, and the kernel's buffers. Whole mebibytes. */
function halfOfMachine(): number {
  return toWholeMebibytes(machineBytes() / 2);
}

/** Half of what may be alive on V8's heap before guests are ended (see `HeapWatch`), and no more than an eighth of the machine. */
function quarterOfHeap(): number {
  return toWholeMebibytes(Math.min(getHeapStatistics().heap_size_limit / 4, machineBytes() / 8));
}

/** Of a container, or more than there is; 0 where nobody knows. */
function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function toWholeMebibytes(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2) * 1024 ** 2;
}

/** What an operator reads where `maxTotalInstanceHeapBytes` is reached. */
export function describeTotalInstanceHeap(maxBytes: number): string {
  return `the tables and core instances of all guests together may have ${maxBytes} bytes of V8's heap (--limit total-instance-heap-bytes)`;
}

/** What an operator reads where `maxTotalMemoryBytes` is reached. */
export function describeTotalMemory(maxBytes: number): string {
  return `the memories of all guests together may have ${maxBytes} bytes (--limit total-memory-bytes)`;
}

/** What an operator reads when `maxTotalHeldBytes` is reached. */
export function describeTotalHeld(maxBytes: number): string {
  return `what all guests together have the host hold may have ${maxBytes} bytes (--limit total-held-bytes)`;
}

/** All limits, those that are not given by default. */
export function toLimits(given: Partial<Limits> = {}): Limits {
  return { ...DEFAULT_LIMITS, ...given };
}

/** The name at the command line: `maxFieldsBytes` is `fields-bytes`. */
export function toLimitName(limit: keyof Limits): string {
  return toKebabCase(limit).slice('max-'.length);
}
