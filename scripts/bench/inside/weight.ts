import { ROOM_PAGES } from '../../../src/instance/restoring.ts';
import { readProcessFile } from '../../../src/compare/machine/process-tree.ts';

/** What this process holds, in bytes. */
export interface Weight {
  readonly resident: number;
  readonly heap: number;
  /** Resident bytes of mappings as large as a guest's memory, and as a stack that V8 suspends. */
  readonly memories: number;
  readonly stacks: number;
  /** Of the kernel's, and no part of `resident`. */
  readonly pageTables: number;
}

/** `--wasm-stack-switching-stack-size` of V8. */
const STACK_KIB = 984;

const PAGE_KIB = 64;
/** Of the memory of an instance that may be kept, beyond what its guest is told. */
const ROOM_KIB = ROOM_PAGES * PAGE_KIB;

/** What is left when V8 has collected what is garbage and moved together what is not, as it does where memory is short. Needs `--expose-gc`. */
export function weigh(): Weight {
  for (let collection = 0; collection < 3; collection++) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }
  const status = readProcessFile('self', 'status');
  const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  const { heapUsed } = process.memoryUsage();
  return { resident: bytes('VmRSS'), heap: heapUsed, ...weighMappings(), pageTables: bytes('VmPTE') };
}

/** Guest memories are whole pages of 64 KiB beyond the 256 KiB of V8's own; each is followed by addresses that nobody may touch. */
function weighMappings(): Pick<Weight, 'memories' | 'stacks'> {
  let memories = 0;
  let stacks = 0;
  const smaps = readProcessFile('self', 'smaps');
  for (const [, size, resident] of smaps.matchAll(
    / rw-p 00000000 00:00 0 *\nSize: +(\d+) kB\n(?:.*\n){2}Rss: +(\d+) kB/g,
  )) {
    const mappedKib = Number(size);
    const sizeKib = mappedKib > ROOM_KIB ? mappedKib - ROOM_KIB : mappedKib;
    if (sizeKib === STACK_KIB) stacks += Number(resident) * 1024;
    else if (sizeKib % PAGE_KIB === 0 && sizeKib > 1024 && sizeKib < 4096) memories += Number(resident) * 1024;
  }
  return { memories, stacks };
}
