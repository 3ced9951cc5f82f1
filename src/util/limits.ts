import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** A bound: what it counts, what it is by default, and what is said about it where all are listed. */
export interface Limit {
  readonly unit: 'bytes' | 'count';
  readonly default: number;
  readonly min: number;
  readonly help: string;
  /** Where the default comes from, if it is not the same everywhere. */
  readonly origin?: string;
  /** How wasmtime spells it: `W max-memory-size` is `-W max-memory-size=VALUE`. */
  readonly wasmtime?: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;

// To add a limit, add an entry here and read it where it bites: the types, `--limit NAME=VALUE`, the environment variable and docs/options.md follow.
// All are far above what honest guests need and far below what hurts the host. What one call or instruction can do that nothing interrupts (copy so
// much, make so much randomness, fill a table) takes some 20 ms at most.

/** Bounds on what a component may be and an instance of it may hold: settled when it is loaded. */
export const INSTANCE_LIMITS = Object.freeze({
  /** The component itself, in bytes. Beyond: it is not read. Default 256 MiB. */
  maxComponentBytes: bytes(256 * MIB, 'the component; a larger one is not loaded'),
  /** Its definitions, declarations and parts of types. Beyond: it is not read. Default 1,000,000. */
  maxComponentItems: count(1_000_000, 'definitions and parts of types in the component'),
  /** How deep its components and types nest. Beyond: it is not read. Default 100. */
  maxNesting: count(100, 'how deep components and types nest'),
  /** Each linear memory, in bytes; it is patched into the modules. Beyond: `memory.grow` gives -1. Default 512 MiB. */
  maxMemoryBytes: bytes(512 * MIB, 'each linear memory; memory.grow fails beyond', { wasmtime: 'W max-memory-size' }),
  /**
   * The linear memories of all guests of a component that exist concurrently, in bytes. Beyond: as `maxMemoryBytes`; a guest that would start: 503.
   * Default: half of the machine's memory.
   */
  maxTotalMemoryBytes: bytes(halfOfMachine(), 'the linear memories of all guests together', {
    origin: "half of this machine's, a part for each worker",
  }),
  /**
   * Elements of all tables of an instance together. Beyond: `table.grow` gives -1; with more from the start: the component is not loaded.
   * Default 100,000.
   */
  maxTableElements: count(100_000, 'elements of all tables of an instance; table.grow fails beyond', {
    wasmtime: 'W max-table-elements',
  }),
  /** Core instances of an instance, with those of nested components. Beyond: the component is not loaded. Default 10,000. */
  maxCoreInstances: count(10_000, 'core instances of an instance of the component', {
    min: 1,
    wasmtime: 'W max-instances',
  }),
  /** Linear memories of an instance. Beyond: the component is not loaded. Default 10,000. */
  maxMemories: count(10_000, 'linear memories of an instance of the component', { wasmtime: 'W max-memories' }),
  /**
   * What an instance takes of V8's heap before anything runs, in bytes: tables, exports, functions, first values. Beyond: the component is not
   * loaded. Default 16 MiB.
   */
  maxInstanceHeapBytes: bytes(16 * MIB, "what an instance takes of V8's heap before it runs"),
  /**
   * The same of all guests of a component that exist concurrently, with what their tables grow. Beyond: `table.grow` gives -1; a guest that would
   * start: 503. Default: a quarter of V8's heap.
   */
  maxTotalInstanceHeapBytes: bytes(quarterOfHeap(), "what all instances together take of V8's heap", {
    origin: "a quarter of V8's heap",
  }),
  /**
   * What V8's first compiler may take for one function, for which all requests wait, in ms as the rewriter estimates it. Beyond: the component is
   * not loaded. Default 100.
   */
  maxFunctionCompileMs: count(100, 'milliseconds that V8 may take to compile one function'),
  /**
   * What V8's second compiler may take for one function, of memory, in bytes as the rewriter estimates it. Beyond: the component is not loaded.
   * Default 512 MiB.
   */
  maxFunctionCompileBytes: bytes(512 * MIB, 'memory that V8 may take to compile one function'),
  /** The code that V8 makes of all functions, in bytes as the rewriter estimates it. Beyond: the component is not loaded. Default 1 GiB. */
  maxCodeBytes: bytes(1024 * MIB, 'the code that V8 makes of all functions'),
  /** Resource handles of one request, in all its tables. Beyond: a trap. Default 100,000. */
  maxHandles: count(100_000, 'resource handles of one request; a trap beyond', { wasmtime: 'S max-resources' }),
  /** What one call makes the host copy, in bytes, counted element by element. Beyond: a trap. Default 16 MiB. */
  maxCallBytes: bytes(16 * MIB, 'what one call makes the host copy; a trap beyond', { wasmtime: 'S hostcall-fuel' }),
} satisfies Readonly<Record<string, Limit>>);

/** Bounds on what one request makes the host hold or do. */
export const REQUEST_LIMITS = Object.freeze({
  /**
   * What one request has the host hold at a time, in bytes: bodies that wait to be sent or read, fields, strings, handles, outgoing requests. Beyond:
   * a trap; `HTTP-request-denied` for an outgoing request. From half of it on `check-write` gives 0 sooner. Default 64 MiB.
   */
  maxHeldBytes: bytes(64 * MIB, 'what one request has the host hold; a trap beyond'),
  /** One read of a stream, in bytes. Beyond: less is read. Default 64 KiB. */
  maxReadBytes: bytes(64 * KIB, 'one read of a stream; less is read'),
  /** One write to a body, in bytes. Beyond: a trap. Default 1 MiB. */
  maxWriteBytes: bytes(MIB, 'one write to a body; a trap beyond', { wasmtime: 'S http-outgoing-body-chunk-size' }),
  /** Writes to one body that wait to be sent; empty ones count. Then `check-write` gives 0. Default 2. */
  maxBufferedWrites: count(2, 'writes to one body that wait to be sent', {
    min: 1,
    wasmtime: 'S http-outgoing-body-buffer-chunks',
  }),
  /** Names, values and 32 bytes for each entry of one `fields`. Beyond: a trap. Default 128 KiB. */
  maxFieldsBytes: bytes(128 * KIB, 'names and values of one fields resource; a trap beyond', {
    wasmtime: 'S max-http-fields-size',
  }),
  /** Entries of one `fields`. Beyond: a trap. Default 4096. */
  maxFieldsEntries: count(4096, 'entries of one fields resource; a trap beyond'),
  /** One `get-random-bytes`. Beyond: a trap. Default 16 MiB. */
  maxRandomBytes: bytes(16 * MIB, 'one get-random-bytes; a trap beyond', { wasmtime: 'S max-random-size' }),
  /** Stdout and stderr of one request, together, in bytes. Beyond: dropped, with one notice. Default 1 MiB. */
  maxOutputBytes: bytes(MIB, 'stdout and stderr of one request; the rest is dropped'),
  /** Outgoing requests of one request that wait for their response's head concurrently; more wait their turn. Default 32. */
  maxConcurrentOutbound: count(32, 'outgoing requests of one request that wait concurrently', { min: 1 }),
  /** Outgoing requests of one request in all. Beyond: `HTTP-request-denied`. Default 1000. */
  maxOutbound: count(1000, 'outgoing requests of one request in all'),
  /** A key of `wasi:keyvalue`, in bytes. Beyond: an error. Default 1 KiB. */
  maxKeyBytes: bytes(KIB, 'a key of wasi:keyvalue'),
  /** A value of `wasi:keyvalue`, in bytes. Beyond: an error. Default 1 MiB. */
  maxValueBytes: bytes(MIB, 'a value of wasi:keyvalue'),
  /** A key-value or blob store in memory, in bytes. Beyond: an error. Default 64 MiB. */
  maxMemoryStoreBytes: bytes(64 * MIB, 'each key-value or blob store in memory'),
  /** A key-value store of SQLite, in bytes. Beyond: an error. Default 1 GiB. */
  maxSqliteStoreBytes: bytes(1024 * MIB, 'the file of each key-value store of SQLite'),
  /** An object that is written with `wasi:blobstore`, in bytes. Beyond: an error. Default 1 GiB. */
  maxObjectBytes: bytes(1024 * MIB, 'an object that is written with wasi:blobstore'),
  /** The name of an object or container of `wasi:blobstore`, in bytes. Beyond: an error. Default 1 KiB. */
  maxObjectNameBytes: bytes(KIB, 'the name of an object or container of wasi:blobstore'),
  /**
   * What an `outgoing-value` of `wasi:blobstore` takes before `write-data` says where it goes, and what `consume-sync` gives, in bytes. Beyond: an error.
   * Default 8 MiB.
   */
  maxBlobBufferBytes: bytes(8 * MIB, 'a value of wasi:blobstore that is in memory as a whole'),
  /** Objects and lists of names of `wasi:blobstore` that one request has open at a time. Beyond: an error. Default 64. */
  maxOpenBlobs: count(64, 'objects and lists of names of wasi:blobstore that one request has open at a time'),
  /** The same of all requests of a component. Beyond: an error. Default 1024. */
  maxTotalOpenBlobs: count(1024, 'objects and lists of wasi:blobstore that all requests of a component have open'),
  /**
   * Files and directories that one request has open at a time, with those on the way of a path that is being resolved. Beyond: `quota`. Default 256.
   */
  maxOpenFiles: count(256, 'files and directories that one request has open at a time'),
  /** The same of all requests of a component. Beyond: `quota`. Default 4096. */
  maxTotalOpenFiles: count(4096, 'files and directories that all requests of a component have open'),
  /** Bytes that one request writes to files, or by which it makes them grow, in all. Beyond: `quota`. Default 16 GiB. */
  maxWrittenFileBytes: bytes(16 * 1024 * MIB, 'what one request writes to files in all'),
  /** Files, directories and links that one request creates in all. Beyond: `quota`. Default 100,000. */
  maxCreatedFiles: count(100_000, 'files, directories and links that one request creates in all'),
  /** Sockets of one request that are open, with connections that it has not accepted and lookups of names. Beyond: `new-socket-limit`. Default 128. */
  maxSockets: count(128, 'open sockets of one request; new-socket-limit beyond'),
} satisfies Readonly<Record<string, Limit>>);

/** Bounds on what all requests of a host make it hold together. */
export const HOST_LIMITS = Object.freeze({
  /** As `maxHeldBytes`, of all requests. Beyond: the one that holds most ends with 503. Default: a quarter of V8's heap at most. */
  maxTotalHeldBytes: bytes(quarterOfHeap(), 'what all requests have the host hold; the largest ends with 503', {
    origin: "a quarter of V8's heap at most, a part for each worker",
  }),
} satisfies Readonly<Record<string, Limit>>);

type ValuesOf<Table> = { readonly [Name in keyof Table]: number };

/** The values of `INSTANCE_LIMITS`. Sizes in bytes. */
export interface InstanceLimits extends ValuesOf<typeof INSTANCE_LIMITS> {}
/** The values of `REQUEST_LIMITS`. Sizes in bytes. */
export interface RequestLimits extends ValuesOf<typeof REQUEST_LIMITS> {}
/** The values of `HOST_LIMITS`. Sizes in bytes. */
export interface HostLimits extends ValuesOf<typeof HOST_LIMITS> {}

export type Limits = InstanceLimits & RequestLimits & HostLimits;

export const DEFAULT_LIMITS: Limits = Object.freeze({
  ...defaultsOf(INSTANCE_LIMITS),
  ...defaultsOf(REQUEST_LIMITS),
  ...defaultsOf(HOST_LIMITS),
});

/** Something has to fit into what has a size. */
function bytes(size: number, help: string, other: Pick<Limit, 'origin' | 'wasmtime'> = {}): Limit {
  return { unit: 'bytes', default: size, min: 1, help, ...other };
}

/** Where there may be none at all, it can be 0. */
function count(number: number, help: string, other: Partial<Pick<Limit, 'min' | 'wasmtime'>> = {}): Limit {
  return { unit: 'count', default: number, min: 0, help, ...other };
}

function defaultsOf<Table extends Readonly<Record<string, Limit>>>(table: Table): ValuesOf<Table> {
  return Object.fromEntries(Object.entries(table).map(([key, limit]) => [key, limit.default])) as ValuesOf<Table>;
}

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

function toWholeMebibytes(byteLength: number): number {
  return Math.floor(byteLength / MIB) * MIB;
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

/** The name at the command line: `maxFieldsBytes` is `fields-bytes`. */
export function toLimitName(limit: string): string {
  const words = limit.slice('max'.length).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return words.slice('-'.length);
}
