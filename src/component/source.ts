import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { DEFAULT_LIMITS } from '../util/limits.ts';
import { assemble, isText } from './assemble.ts';
import { HostError } from '../util/host-error.ts';
import { describeDenial } from '../util/permissions.ts';

/** A component's bytes, whose preamble has been checked, and where they come from. */
export interface ComponentSource {
  /** For messages: the path, or the caller's name for the component. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Reads a component from a file, in binary or in text form. Throws `HostError` if there is no file, or it is not a component. */
export async function readSource(path: string, maxBytes = DEFAULT_LIMITS.maxComponentBytes): Promise<ComponentSource> {
  const bytes = readWhole(path, maxBytes);
  return createSource(path, isText(bytes) ? await assemble(path, bytes) : bytes, maxBytes);
}

/** Reads synchronously, which is three times as fast: a start has nothing else to do. */
function readWhole(path: string, maxBytes: number): Uint8Array {
  try {
    // A file that is too large is not read.
    const { size } = statSync(path);
    if (size > maxBytes) throw new HostError('bad-component', `${path} ${sizeComplaint(size, maxBytes)}`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new HostError('bad-component', `cannot read ${path}: ${reason(error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

/** Creates a source from bytes. Throws `HostError` if they are not a component. */
export function createSource(
  label: string,
  bytes: Uint8Array,
  maxBytes = DEFAULT_LIMITS.maxComponentBytes,
): ComponentSource {
  const complaint = sizeComplaint(bytes.byteLength, maxBytes) ?? preambleComplaint(bytes);
  if (complaint !== undefined) throw new HostError('bad-component', `${label} ${complaint}`);
  return { label, bytes };
}

/** The SHA-256 of a component's bytes, in hexadecimal. Takes a few milliseconds for megabytes. */
export function digestSource({ bytes }: ComponentSource): string {
  return hash('sha256', bytes, 'hex');
}

function sizeComplaint(byteLength: number, maxBytes: number): string | undefined {
  return byteLength > maxBytes ? `has ${byteLength} bytes, the limit is ${maxBytes}` : undefined;
}

/** What is wrong with the first eight bytes. Source: component-model `Binary.md`, "preamble". */
function preambleComplaint(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength < 8) return `is not a component: it has only ${bytes.byteLength} bytes`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  if (view.getUint32(0) !== 0x00_61_73_6d) return 'is not WebAssembly: it does not begin with the bytes 00 61 73 6d';
  const layer = view.getUint16(6, true);
  const version = view.getUint16(4, true);
  if (layer === 0) {
    return 'is a core module, not a component: build it for wasm32-wasip2, or wrap it with `wasm-tools component new`';
  }
  if (layer !== 1 || version !== 0x0d)
    return `has version ${version} of layer ${layer}; components have version 13 of layer 1`;
  return undefined;
}

function reason(error: NodeJS.ErrnoException): string {
  const denial = describeDenial(error);
  if (denial !== undefined) return denial;
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EISDIR') return 'it is a directory';
  if (error.code === 'EACCES') return 'permission denied';
  return error.message;
}
