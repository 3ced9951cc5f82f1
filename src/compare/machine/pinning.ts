import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Command } from './processes.ts';

/** Where processes run: the server under test alone on its cores, all else on another. */
export interface Pinning {
  readonly note: string;
  /** To so many cores, or as many as there are. Only where no other is left is the load's among them. */
  pinServer(command: Command, cores: number): Command;
  pinLoad(command: Command): Command;
  /** Moves this process, all its threads, to the load's core. Returns nothing; what is started later inherits it. */
  pinSelf(): void;
}

const TASKSET = 'taskset';
const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Pins by `taskset`, where it is there and both cores may be used; else leaves processes to the scheduler and says so. */
export function createPinning(): Pinning {
  const cores = availableParallelism();
  if (!canPin(SERVER_CORE) || !canPin(LOAD_CORE)) return UNPINNED;
  return {
    note: `server on core ${SERVER_CORE}, load generator on core ${LOAD_CORE} (taskset)`,
    pinServer: (command, count) => pin(command, serverCores(cores).slice(0, count)),
    pinLoad: (command) => pin(command, [LOAD_CORE]),
    pinSelf: () => void spawnSync(TASKSET, ['-a', '-c', '-p', `${LOAD_CORE}`, `${process.pid}`]),
  };
}

const UNPINNED: Pinning = {
  note: 'not pinned: no taskset, or not two cores; server and load generator may disturb each other',
  pinServer: (command) => command,
  pinLoad: (command) => command,
  pinSelf: () => undefined,
};

function canPin(core: number): boolean {
  return spawnSync(TASKSET, ['-c', `${core}`, 'true']).status === 0;
}

/** The cores of a machine in the order in which servers get them: the load's comes last. */
function serverCores(count: number): number[] {
  const all = Array.from({ length: count }, (_, core) => core);
  return [SERVER_CORE, ...all.filter((core) => core !== SERVER_CORE && core !== LOAD_CORE), LOAD_CORE];
}

/** taskset replaces itself by the command, so the process keeps its id. */
function pin({ file, args, ...rest }: Command, cores: readonly number[]): Command {
  return { file: TASKSET, args: ['-c', cores.join(','), file, ...args], ...rest };
}
