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

/** What is known about a component without running it. This is the shape of `inspect --json`: fields may be added, never removed. */
export interface Inspection {
  readonly file: string;
  readonly byteLength: number;
  /** `sha256:` followed by hexadecimal digits. */
  readonly digest: string;
  readonly world: WorldKind;
  readonly imports: readonly InspectedImport[];
  readonly exports: readonly string[];
  readonly coreModules: readonly CoreModuleFacts[];
  readonly verdict: Servability;
}

export interface InspectedImport {
  readonly name: string;
  /** The host interface that serves it; `null` if none does. */
  readonly servedBy: string | null;
  /** The interfaces with the most similar names, if none serves it. */
  readonly nearest: readonly string[];
}

/** Whether `serve` accepts the component, and how it would run; or all the reasons why not. */
export type Servability =
  | {
      readonly servable: true;
      readonly engine: ChoiceMade;
      readonly isolation: ChoiceMade;
      readonly preemption: ChoiceMade;
    }
  | { readonly servable: false; readonly reasons: readonly string[] };

/** Inspects a file. Throws `HostError` if it is not a component, or damaged. */
export async function inspectComponent(file: string): Promise<Inspection> {
  const source = await readSource(file);
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
    verdict: await checkServability(file, kind, imports),
  };
}

function inspectImport(name: string): InspectedImport {
  const host = findHost(name, wasiInterfaces);
  if (host === undefined) return { name, servedBy: null, nearest: nearestNames(name, wasiInterfaces) };
  return { name, servedBy: `${host.name}@${host.version}`, nearest: [] };
}

async function checkServability(
  file: string,
  kind: WorldKind,
  imports: readonly InspectedImport[],
): Promise<Servability> {
  const missing = imports.filter(({ servedBy }) => servedBy === null).map(({ name }) => name);
  const reasons = [
    ...(kind.kind === 'proxy' ? [] : [`it is ${OTHER_WORLDS[kind.kind]}`]),
    ...(missing.length === 0 ? [] : [`it imports interfaces that this host does not provide: ${missing.join(', ')}`]),
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
  service: 'a WASI 0.3 HTTP service (wasi:http/service); only wasi:http/proxy is served',
  command: 'a command (wasi:cli/run); wasi-serve run runs it',
  other: 'a component without an HTTP handler; only wasi:http/proxy is served',
} as const;
