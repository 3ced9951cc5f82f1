import type { HostInterface } from '../../abi/host-interface.ts';
import { HostError } from '../../util/host-error.ts';
import { parseInterfaceName, versionTrack } from './names.ts';

/** An import of the component and the host interface that serves it. */
export interface ResolvedImport<Ctx> {
  /** The name that the component uses, with its version. */
  readonly importName: string;
  readonly host: HostInterface<Ctx>;
}

/** More names are of no use to the reader. */
const MAX_LINES = 100;

/** The interfaces that `jco componentize --bundle` adds to a guest's world when its JavaScript uses modules of Node. */
const JCO_NODE = 'jco:node/';
const JCO_NODE_HINT =
  "jco adds this import to the component's WIT when a bundled file uses a module of Node such as node:tty or process: " +
  'remove that use, then the import from the WIT';

/** Finds the host interface of each import by name and version track. Throws one `HostError` that names all missing ones. */
export function resolveImports<Ctx>(
  label: string,
  importNames: readonly string[],
  interfaces: readonly HostInterface<Ctx>[],
): ResolvedImport<Ctx>[] {
  const resolved = importNames.map((importName) => ({ importName, host: findHost(importName, interfaces) }));
  const missing = resolved.filter(({ host }) => host === undefined).map(({ importName }) => importName);
  if (missing.length === 0) return resolved as ResolvedImport<Ctx>[];
  const lines = missing
    .slice(0, MAX_LINES)
    .map((importName) => `  ${importName}${hintFor(importName, nearestNames(importName, interfaces))}`);
  if (missing.length > lines.length) lines.push(`  and ${missing.length - lines.length} more`);
  throw new HostError('missing-import', `${label} has imports that this host does not provide:\n${lines.join('\n')}`);
}

/** The host interface that serves `importName`, if there is one. */
export function findHost<Ctx>(
  importName: string,
  interfaces: readonly HostInterface<Ctx>[],
): HostInterface<Ctx> | undefined {
  const { name, version } = parseInterfaceName(importName);
  const track = versionTrack(version);
  return interfaces.find((host) => host.name === name && versionTrack(host.version) === track);
}

/** The interfaces nearest to an import that is not served: the same interface at another version, or else those of its package. */
export function nearestNames<Ctx>(importName: string, interfaces: readonly HostInterface<Ctx>[]): string[] {
  const { name } = parseInterfaceName(importName);
  const otherVersion = interfaces.find((host) => host.name === name);
  if (otherVersion !== undefined) return [`${otherVersion.name}@${otherVersion.version}`];
  const packageName = `${name.split('/')[0]}/`;
  return interfaces.filter((host) => host.name.startsWith(packageName)).map((host) => `${host.name}@${host.version}`);
}

/** What helps with an import that is not provided, in brackets: what to change, or what comes nearest. */
export function hintFor(importName: string, nearest: readonly string[]): string {
  if (importName.startsWith(JCO_NODE)) return ` (${JCO_NODE_HINT})`;
  return nearest.length === 0 ? '' : ` (nearest provided: ${nearest.join(', ')})`;
}
