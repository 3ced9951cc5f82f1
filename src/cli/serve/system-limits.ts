import { readFileSync } from 'node:fs';
import type { ServeConfig } from '../../config/options.ts';

/** What a process has open that is not a connection: files, pipes, sockets that listen, threads' own. */
const OWN_DESCRIPTORS = 64;
/** Mappings of a request that waits: a memory between guards, and a stack. Measured with 200 to 600 requests of `sleep`, beside which a process has 270. */
const MAPPINGS_PER_REQUEST = 5;
const OWN_MAPPINGS = 1000;

/** What the system gives a process. `undefined` is not known. */
export interface SystemLimits {
  readonly openFiles: number | undefined;
  readonly mappings: number | undefined;
}

/** What of a host's bounds the system does not give, and what to do about it. */
export function listTooLow(
  { maxConnections, maxConcurrentRequests }: Pick<ServeConfig, 'maxConnections' | 'maxConcurrentRequests'>,
  { openFiles, mappings }: SystemLimits = readSystemLimits(),
): string[] {
  const files = maxConnections + OWN_DESCRIPTORS;
  const maps = maxConcurrentRequests * MAPPINGS_PER_REQUEST + OWN_MAPPINGS;
  return [
    ...(openFiles !== undefined && openFiles < files
      ? [
          `--max-connections ${maxConnections} takes ${files} file descriptors, and this process may have ${openFiles} (ulimit -n): ` +
            'beyond, connections are lost; raise that, or lower --max-connections',
        ]
      : []),
    ...(mappings !== undefined && mappings < maps
      ? [
          `--max-concurrent-requests ${maxConcurrentRequests} may take ${maps} memory mappings, and a process may have ${mappings} ` +
            '(sysctl vm.max_map_count): beyond, guests do not start; raise that, or lower --max-concurrent-requests',
        ]
      : []),
  ];
}

/** Those of this process and its workers. Node has raised its soft limit to the hard one. */
function readSystemLimits(): SystemLimits {
  return { openFiles: readOpenFiles(), mappings: toNumber(readText('/proc/sys/vm/max_map_count')) };
}

/** Node's own report takes some milliseconds, and knows where `/proc` is not to be read. */
function readOpenFiles(): number | undefined {
  const line = /^Max open files +(\S+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  if (line !== undefined) return toNumber(line);
  // @types/node does not have it; without it the report waits for name servers.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  return toNumber(String(userLimits?.open_files?.soft));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** `unlimited` is not known to be too low. */
function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
