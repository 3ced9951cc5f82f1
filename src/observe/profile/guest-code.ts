import { basename } from 'node:path';
import { contentOf, type CoreModule, decodeCoreModule, readVector } from '../../rewriter/core-module.ts';
import { ByteReader } from '../../wasm/byte-reader.ts';
import { nameModule } from '../../wasm/name-module.ts';
import { SECTION } from '../../wasm/sections.ts';
import { whenNeeded } from '../../util/when-needed.ts';
import { demangle } from './demangle.ts';

/** A function of a guest, as its author knows it. */
export interface GuestFunction {
  /** The component's label: the path of its file. */
  readonly component: string;
  /** The number of the core module in the component. */
  readonly module: number;
  /** The function's index in the original module; `undefined` for one that the rewriter has added. */
  readonly index: number | undefined;
  /** From the module's name section, demangled, or that of an export; otherwise `wasm-function[12]`. */
  readonly name: string;
  /** Where its body begins in the original module, in bytes from the module's start; 0 for one that the rewriter has added. */
  readonly offset: number;
}

/** What becomes of a core module: its bytes as they are in the component, and as V8 gets them. */
export interface RewrittenPair {
  readonly original: Uint8Array;
  readonly rewritten: Uint8Array;
}

/** The bodies of a module's own functions, in order. */
interface Bodies {
  readonly importedCount: number;
  readonly starts: Uint32Array;
  /** The end of the last. */
  readonly end: number;
}

interface RegisteredModule {
  readonly component: string;
  readonly module: number;
  readonly bodies: Bodies;
  readonly originalStarts: Uint32Array;
  readonly names: () => ReadonlyMap<number, string>;
}

/** What V8 calls a module: `wasm://wasm/NAME-HASH`. */
const URL_PATTERN = /^wasm:\/\/wasm\/(.+)-[0-9a-f]{8}$/;

/** What V8 calls its own code between JavaScript and a function: it stands at the function's place, but does the host's work. */
const ENTRY_PATTERN = /^js-to-wasm:/;

/** The name of functions that the rewriter adds. */
const ADDED_NAME = '(marks and checks)';

/**
 * Which function of which guest is at which place of V8's: V8 tells a module's URL and the offset of a function's body. Each module gets a name of its own,
 * so that its URL tells it from all others.
 */
export class GuestCode {
  readonly #modules = new Map<string, RegisteredModule>();

  /** Takes the core modules of a component, in its order. Returns what V8 shall get, in the same order. */
  add(component: string, pairs: readonly RewrittenPair[]): Uint8Array[] {
    return pairs.map((pair, module) => this.#addModule(component, module, pair));
  }

  /** The function of a frame in a profile of V8's; `undefined` if it is the host's. */
  find({ url, functionName, columnNumber }: V8Frame): GuestFunction | undefined {
    const registered = this.#modules.get(URL_PATTERN.exec(url)?.[1] ?? '');
    if (registered === undefined || ENTRY_PATTERN.test(functionName)) return undefined;
    const { component, module, bodies, originalStarts, names } = registered;
    const place = placeOf(bodies, columnNumber);
    if (place === undefined) return undefined;
    const offset = originalStarts[place];
    if (offset === undefined) return { component, module, index: undefined, name: ADDED_NAME, offset: 0 };
    const index = bodies.importedCount + place;
    const name = names().get(index);
    return { component, module, index, name: name === undefined ? `wasm-function[${index}]` : demangle(name), offset };
  }

  #addModule(component: string, module: number, { original, rewritten }: RewrittenPair): Uint8Array {
    const name = `${toUrlPart(basename(component))}~${this.#modules.size}`;
    const named = nameModule(rewritten, name);
    const before = decodeCoreModule(original);
    this.#modules.set(name, {
      component,
      module,
      bodies: readBodies(decodeCoreModule(named)),
      originalStarts: readBodies(before).starts,
      names: whenNeeded(lazyNames(before)),
    });
    return named;
  }
}

/** A frame of a profile as V8 has it. */
export interface V8Frame {
  readonly functionName: string;
  readonly url: string;
  /** For functions of WebAssembly the offset of the body in the module, in bytes. */
  readonly columnNumber: number;
}

/** Characters that mean nothing in a URL. */
function toUrlPart(text: string): string {
  return text.replace(/[^\w.@-]/g, '_');
}

function readBodies(module: CoreModule): Bodies {
  const starts: number[] = [];
  let end = 0;
  readVector(contentOf(module.bytes, module.sections, SECTION.code), (reader) => {
    const byteLength = reader.u32();
    starts.push(reader.at);
    reader.skip(byteLength);
    end = reader.at;
  });
  return { importedCount: module.importedFunctionCount, starts: new Uint32Array(starts), end };
}

/** The number of the body that holds an offset. */
function placeOf({ starts, end }: Bodies, offset: number): number | undefined {
  if (offset < (starts[0] ?? end) || offset >= end) return undefined;
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A function that reads the names when they are needed. It keeps a copy of their bytes, and none of the module's others. */
function lazyNames({ bytes, sections }: CoreModule): () => ReadonlyMap<number, string> {
  const exports = sections.byId.get(SECTION.export);
  const exportBytes = bytes.slice(exports?.at ?? 0, exports?.end ?? 0);
  const nameBytes = bytes.slice(sections.names?.at ?? 0, sections.names?.end ?? 0);
  return () => new Map([...readExportNames(exportBytes), ...readFunctionNames(nameBytes)]);
}

const KIND_FUNCTION = 0;

/** The functions' exports, for those that have no other name. */
function readExportNames(bytes: Uint8Array): [index: number, name: string][] {
  const found: [number, string][] = [];
  if (bytes.length === 0) return found;
  readVector(new ByteReader(bytes), (reader) => {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === KIND_FUNCTION) found.push([index, name]);
  });
  return found;
}

/** The subsection with the names of functions. Source: core specification, appendix "Custom Sections". */
const FUNCTION_NAMES = 1;

/** As many names as there are before anything that is malformed. */
function readFunctionNames(bytes: Uint8Array): [index: number, name: string][] {
  const found: [number, string][] = [];
  const reader = new ByteReader(bytes);
  try {
    // The section's own.
    if (bytes.length > 0) reader.name();
    while (reader.at < reader.end) {
      const id = reader.byte();
      const content = new ByteReader(reader.byteVector());
      if (id !== FUNCTION_NAMES) continue;
      for (let rest = content.count(); rest > 0; rest--) found.push([content.u32(), content.name()]);
    }
  } catch {
    return found;
  }
  return found;
}
