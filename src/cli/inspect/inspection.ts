import { type CoreModuleFacts, readCoreModules } from '../../component/core-modules.ts';
import { decodeComponent } from '../../component/decode.ts';
import { digestSource, readSource } from '../../component/source.ts';
import { type WorldKind, toWorldKind } from '../../component/world-kind.ts';
import { toWorld } from '../../component/world.ts';
import { loadComponent } from '../../host/load.ts';
import { HostError } from '../../util/host-error.ts';
import { findHost, nearestNames } from '../../linker/plan/resolve.ts';
import type { ChoiceMade } from '../../observe/log.ts';
import { wasiInterfaces } from '../../wasi/interfaces.ts';

/** What is known of a component without running it. The shape of `inspect --json`, which only grows. */
export interface Inspection {
  readonly file: string;
  readonly byteLength: number;
  /** `sha256:` and hexadecimal digits. */
  readonly digest: string;
  readonly world: WorldKind;
  readonly imports: readonly InspectedImport[];
  readonly exports: readonly string[];
  readonly coreModules: readonly CoreModuleFacts[];
  readonly verdict: Servability;
}

export interface InspectedImport {
  readonly name: string;
  /** The host interface that serves it; `null` where none does. */
  readonly servedBy: string | null;
  /** Where none does: what comes nearest. */
  readonly nearest: readonly string[];
}

/** Whether `serve` takes it, and how it would run; or all that stands against it. */
export type Servability =
  | {
      readonly servable: true;
      readonly engine: ChoiceMade;
      readonly isolation: ChoiceMade;
      readonly preemption: ChoiceMade;
    }
  | { readonly servable: false; readonly reasons: readonly string[] };

/** Reads all that can be read. Throws `HostError` where the file is no component or a damaged one. */
export async function inspectComponent(file: string): Promise<Inspection> {
  const source = readSource(file);
  const definition = decodeComponent(source);
  const world = toWorld(definition);
  const kind = toWorldKind(world);
  const imports = world.imports.map(inspectImport);
  return {
    file,
    byteLength: source.bytes.byteLength,
    digest: `sha256:${digestSource(source)}`,
    world: kind,
    imports,
    exports: world.exports,
    coreModules: readCoreModules(definition),
    verdict: await judge(file, kind, imports),
  };
}

function inspectImport(name: string): InspectedImport {
  const host = findHost(name, wasiInterfaces);
  if (host === undefined) return { name, servedBy: null, nearest: nearestNames(name, wasiInterfaces) };
  return { name, servedBy: `${host.name}@${host.version}`, nearest: [] };
}

async function judge(file: string, kind: WorldKind, imports: readonly InspectedImport[]): Promise<Servability> {
  const missing = imports.filter(({ servedBy }) => servedBy === null).map(({ name }) => name);
  const reasons = [
    ...(kind.kind === 'proxy' ? [] : [`it is ${OTHER_WORLDS[kind.kind]}, and only wasi:http/proxy is served`]),
    ...(missing.length === 0 ? [] : [`it imports what this host does not serve: ${missing.join(', ')}`]),
  ];
  if (reasons.length > 0) return { servable: false, reasons };
  try {
    const { engine, isolation, preemption } = await loadComponent(file);
    return { servable: true, engine, isolation, preemption };
  } catch (error) {
    if (error instanceof HostError) return { servable: false, reasons: [error.message] };
    throw error;
  }
}

const OTHER_WORLDS = {
  service: 'an HTTP service of WASI 0.3 (wasi:http/service)',
  command: 'a command (wasi:cli/run)',
  other: 'of a world that exports no HTTP handler',
} as const;
