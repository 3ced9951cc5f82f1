import { spawnSync } from 'node:child_process';
import type { Command } from './processes.ts';

/** Where processes run: the server under test alone on one core, all else on another. */
export interface Pinning {
  readonly note: string;
  pinServer(command: Command): Command;
  pinLoad(command: Command): Command;
  /** Moves this process, all its threads, to the load's core. Returns nothing; what is started later inherits it. */
  pinSelf(): void;
}

const TASKSET = 'taskset';
const SERVER_CORE = '0';
const LOAD_CORE = '1';

/** Pins by `taskset`, where it is there and both cores may be used; else leaves processes to the scheduler and says so. */
export function createPinning(): Pinning {
  if (!canPin(SERVER_CORE) || !canPin(LOAD_CORE)) return UNPINNED;
  return {
    note: `server on core ${SERVER_CORE}, load generator on core ${LOAD_CORE} (taskset)`,
    pinServer: (command) => pin(command, SERVER_CORE),
    pinLoad: (command) => pin(command, LOAD_CORE),
    pinSelf: () => void spawnSync(TASKSET, ['-a', '-c', '-p', LOAD_CORE, `${process.pid}`]),
  };
}

const UNPINNED: Pinning = {
  note: 'not pinned: no taskset, or not two cores; server and load generator may disturb each other',
  pinServer: (command) => command,
  pinLoad: (command) => command,
  pinSelf: () => undefined,
};

function canPin(core: string): boolean {
  return spawnSync(TASKSET, ['-c', core, 'true']).status === 0;
}

/** taskset replaces itself by the command, so the process keeps its id. */
function pin({ file, args, ...rest }: Command, core: string): Command {
  return { file: TASKSET, args: ['-c', core, file, ...args], ...rest };
}
