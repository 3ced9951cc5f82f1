import { readFileSync } from 'node:fs';
import type { ServeConfig } from '../../config/options.ts';

/** Descriptors of a process besides connections: files, pipes, listening sockets, those of threads. */
const OWN_DESCRIPTORS = 64;
/** Mappings of a waiting request: a memory with guard pages, and a stack. Measured with 200 to 600 requests of `sleep`; the process itself has 270. */
const MAPPINGS_PER_REQUEST = 5;
const OWN_MAPPINGS = 1000;

/** The system's limits for a process; `undefined` if unknown. */
export interface SystemLimits {
  readonly openFiles: number | undefined;
  readonly mappings: number | undefined;
}

/** The limits of a host that need something of the system. */
type Needs = Pick<ServeConfig, 'maxConnections' | 'maxConcurrentRequests'> & { readonly ports: number };

/** Which of a host's limits exceed the system's, and what to do about it. */
export function listTooLow(
  { maxConnections, maxConcurrentRequests, ports }: Needs,
  { openFiles, mappings }: SystemLimits = readSystemLimits(),
): string[] {
  const files = maxConnections * ports + OWN_DESCRIPTORS;
  const maps = maxConcurrentRequests * MAPPINGS_PER_REQUEST + OWN_MAPPINGS;
  return [
    ...(openFiles !== undefined && openFiles < files
      ? [
          `--max-connections ${maxConnections} needs ${files} file descriptors, but this process may only have ${openFiles} (ulimit -n): ` +
            'beyond that, connections are lost; raise the limit, or lower --max-connections',
        ]
      : []),
    ...(mappings !== undefined && mappings < maps
      ? [
          `--max-concurrent-requests ${maxConcurrentRequests} may need ${maps} memory mappings, but a process may only have ${mappings} ` +
            '(sysctl vm.max_map_count): beyond that, guests fail to start; raise the limit, or lower --max-concurrent-requests',
        ]
      : []),
  ];
}

/** The limits of this process and its workers. Node has raised its soft limit to the hard one. */
function readSystemLimits(): SystemLimits {
  return { openFiles: readOpenFiles(), mappings: toNumber(readText('/proc/sys/vm/max_map_count')) };
}

/** Node's report takes a few milliseconds, but works if `/proc` cannot be read. */
function readOpenFiles(): number | undefined {
  const line = /^Max open files +(\S+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  if (line !== undefined) return toNumber(line);
  // Missing in @types/node; without it, the report waits for name servers.
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

/** `unlimited` counts as unknown. */
function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
