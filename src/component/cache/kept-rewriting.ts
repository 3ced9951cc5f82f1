import { hash } from 'node:crypto';
import { type ArtifactCache, type Artifacts, type CacheKey, MIN_KEPT_BYTES } from './cache.ts';
import { digestSources } from './digest-sources.ts';
import { DEFAULT_LIMITS } from '../../util/limits.ts';
import { type ComponentSource, digestSource } from '../source.ts';
import type { CompileBounds } from '../../rewriter/analyse/compile-bounds.ts';
import type { DataSegment } from '../../rewriter/emit/data-segments.ts';
import type { RewriteOptions, Rewritten } from '../../rewriter/rewrite.ts';

/** A core module (a view of its component's bytes) and the result of rewriting it. */
type Pair = readonly [binary: Uint8Array, rewritten: Rewritten];

/** The rewritten core modules of a component, kept from one start to the next. */
export interface KeptRewriting {
  /** The results in the order of `binaries`; `undefined` if any of them is not kept. */
  get(binaries: readonly Uint8Array[]): Promise<Rewritten[] | undefined>;
  /** Keeps results, only for modules whose originals V8 found valid. Takes about 15 ms on the main thread for ten megabytes. */
  put(pairs: readonly Pair[]): Promise<void>;
}

/** The kept results for `source`, with its modules rewritten with these options, and functions within these bounds. `undefined` if that is not worthwhile. */
export function createKeptRewriting(
  cache: ArtifactCache,
  source: ComponentSource,
  options: readonly RewriteOptions[],
  { maxFunctionCompileMs, maxFunctionCompileBytes, maxCodeBytes }: CompileBounds = DEFAULT_LIMITS,
): KeptRewriting | undefined {
  if (source.bytes.byteLength < MIN_KEPT_BYTES) return undefined;
  const bounds = [maxFunctionCompileMs, maxFunctionCompileBytes, maxCodeBytes];
  const key: CacheKey = {
    component: digestSource(source),
    rewriter: digestSources('rewriter'),
    // V8 decides which originals are valid.
    v8: process.versions.v8,
    options: hash('sha256', JSON.stringify([options, bounds]), 'hex'),
  };
  return {
    get: async (binaries) => {
      const artifacts = await cache.get(key);
      if (artifacts === undefined) return undefined;
      const found = binaries.flatMap((binary) => fromArtifacts(artifacts, source, binary) ?? []);
      return found.length === binaries.length ? found : undefined;
    },
    put: async (pairs) => await cache.put(key, new Map(pairs.flatMap((pair) => toArtifacts(source, pair)))),
  };
}

/** A data segment as a range of the original: its first byte, and the one after its last. */
type KeptSegment = Omit<DataSegment, 'bytes'> & { readonly from: number; readonly to: number };
type KeptFacts = Omit<Rewritten, 'bytes' | 'dataSegments'> & { readonly dataSegments: readonly KeptSegment[] };

/** Names a module by its offset in the component: which modules are rewritten, and in what order, is up to the linker. */
function nameOf({ bytes }: ComponentSource, binary: Uint8Array): string {
  return `${binary.byteOffset - bytes.byteOffset}-${binary.byteLength}`;
}

function toArtifacts(source: ComponentSource, [binary, rewritten]: Pair): [name: string, bytes: Uint8Array][] {
  const { bytes, dataSegments, ...rest } = rewritten;
  const segments = dataSegments.map(({ bytes: { byteOffset, byteLength }, ...place }): KeptSegment => {
    const from = byteOffset - binary.byteOffset;
    return { ...place, from, to: from + byteLength };
  });
  const facts: KeptFacts = { ...rest, dataSegments: segments };
  const name = nameOf(source, binary);
  return [
    [`${name}.json`, Buffer.from(JSON.stringify(facts))],
    [`${name}.wasm`, bytes],
  ];
}

/** The cache has checked the artifacts' digest. */
function fromArtifacts(artifacts: Artifacts, source: ComponentSource, binary: Uint8Array): Rewritten | undefined {
  const name = nameOf(source, binary);
  const [json, bytes] = [artifacts.get(`${name}.json`), artifacts.get(`${name}.wasm`)];
  if (json === undefined || bytes === undefined) return undefined;
  const { dataSegments, ...facts } = JSON.parse(Buffer.from(json).toString()) as KeptFacts;
  const segments = dataSegments.map(({ from, to, ...place }) => ({ ...place, bytes: binary.subarray(from, to) }));
  return { ...facts, bytes, dataSegments: segments };
}
