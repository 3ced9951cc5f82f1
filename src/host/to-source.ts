import { types } from 'node:util';
import { fileURLToPath } from 'node:url';
import { type ComponentSource, createSource, readSource } from '../component/source.ts';
import { HostError } from '../util/host-error.ts';

/** What a component can be loaded from: the path or the `file:` URL of a file, or the bytes of one. */
export type ComponentFile = string | URL | Uint8Array | ArrayBuffer;

/** Reads the file, if it is one. `label` is the name of bytes in messages. Throws `HostError`. */
export async function toSource(file: ComponentFile, label: string, maxBytes: number): Promise<ComponentSource> {
  // Buffers and URLs of another realm, such as a test runner's, are not instances of this realm's classes.
  if (types.isUint8Array(file)) return createSource(label, file, maxBytes);
  if (types.isArrayBuffer(file)) return createSource(label, toBytes(file, label), maxBytes);
  if (typeof file === 'string' && file !== '') return await readSource(file, maxBytes);
  if (isUrl(file)) return await readSource(toPath(file), maxBytes);
  throw new HostError('bad-argument', `cannot load ${describe(file)}: pass ${WHAT_IS_TAKEN}`);
}

const WHAT_IS_TAKEN = "a component's path, its file: URL, or its bytes as a Uint8Array or an ArrayBuffer";

function toBytes(buffer: ArrayBuffer, label: string): Uint8Array {
  if (buffer.detached) throw new HostError('bad-argument', `${label}: the ArrayBuffer is detached`);
  return new Uint8Array(buffer);
}

function isUrl(file: unknown): file is URL {
  return typeof file === 'object' && file !== null && 'href' in file && 'protocol' in file;
}

function toPath(url: URL): string {
  if (url.protocol !== 'file:') {
    throw new HostError('bad-argument', `cannot load ${url.href}: fetch it, and pass its bytes`);
  }
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new HostError('bad-argument', `cannot load ${url.href}: it is not the URL of a local file`, { cause });
  }
}

function describe(file: unknown): string {
  if (file === '') return 'an empty path';
  if (typeof file !== 'object' || file === null) return String(file);
  if (types.isPromise(file)) return 'a Promise (is an await missing?)';
  const name = (Object.getPrototypeOf(file) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? `a value of type ${name}` : 'an object';
}
