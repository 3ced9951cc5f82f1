import { CommanderError } from 'commander';
import { HostError } from '../util/host-error.ts';
import { describeDenial } from '../util/permissions.ts';
import { assertCommand } from './assert-command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { withConfigFile } from './options/with-config-file.ts';
import { type Commands, createProgram } from './program.ts';
import { readVersion } from './read-version.ts';
import { LOAD_ARG, toComparePlan } from './compare/compare-plan.ts';
import { toRunPlan } from './run/run-plan.ts';
import { type ServePlan, toServePlan } from './serve/serve-plan.ts';
import type { Terminal } from './terminal.ts';
import { isWorker } from './workers/is-worker.ts';

/** Runs the command that `args` names and returns its exit code, once all its output has been written. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const exitCode = await runAs(args, terminal);
    return terminal.bugs.isSeen ? EXIT.bug : exitCode;
  } catch (error) {
    return explain(error, terminal);
  } finally {
    await Promise.all([terminal.stdout.flush(), terminal.stderr.flush()]);
  }
}

function runAs(args: readonly string[], terminal: Terminal): Promise<number> {
  if (isWorker(args)) return workForPrimary(terminal);
  return args[0] === LOAD_ARG ? makeLoad(args[1] ?? '', terminal) : runCommand(args, terminal);
}

/** Where a command leaves its exit code: commander's actions return nothing. */
interface Outcome {
  exitCode: number;
}

async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  assertCommand(args);
  const outcome: Outcome = { exitCode: EXIT.done };
  await createProgram(readVersion(), createCommands(terminal, outcome), terminal).parseAsync(args, {
    from: 'user',
  });
  return outcome.exitCode;
}

async function workForPrimary(terminal: Terminal): Promise<ExitCode> {
  const { work } = await import('./workers/work.ts');
  return await work(terminal);
}

/** For `compare`, which starts this process. */
async function makeLoad(job: string, terminal: Terminal): Promise<ExitCode> {
  const { runLoad } = await import('../compare/load/run-load.ts');
  terminal.stdout.write(JSON.stringify(await runLoad(JSON.parse(job) as Parameters<typeof runLoad>[0])));
  return EXIT.done;
}

async function serveAlone(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const { serve } = await import('./serve/serve.ts');
  return await serve(plan, terminal);
}

async function superviseWorkers(plan: ServePlan, terminal: Terminal): Promise<ExitCode> {
  const { supervise } = await import('./workers/supervise.ts');
  return await supervise(plan, terminal);
}

/** Each command's code is loaded when it runs: help and usage errors need not wait for a transpiler. */
function createCommands(terminal: Terminal, outcome: Outcome): Commands {
  return {
    serve: async (file, flags) => {
      const plan = toServePlan(file, await withConfigFile(flags), terminal.env);
      outcome.exitCode = plan.workers === 0 ? await serveAlone(plan, terminal) : await superviseWorkers(plan, terminal);
    },
    run: async (file, args, flags) => {
      const plan = toRunPlan(file, args, await withConfigFile(flags), terminal.env);
      const { runInTerminal } = await import('./run/run-in-terminal.ts');
      outcome.exitCode = await runInTerminal(plan, terminal);
    },
    inspect: async (file, format) => {
      const { inspect } = await import('./inspect/inspect.ts');
      outcome.exitCode = await inspect(file, format, terminal);
    },
    compare: async (file, flags) => {
      const plan = toComparePlan(file, flags, terminal.env);
      const { compare } = await import('./compare/compare.ts');
      outcome.exitCode = await compare(plan, terminal);
    },
  };
}

/** Prints one message about what a command threw, and returns the exit code. Commander has already printed its own. */
function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const message = error instanceof HostError ? error.message : describeDenial(error);
  if (message === undefined) {
    terminal.bugs.report(error);
    return EXIT.bug;
  }
  terminal.stderr.write(`${terminal.paintStderr('bad', 'error:')} ${message}\n`);
  return error instanceof HostError && error.code === 'bad-argument' ? EXIT.usage : EXIT.failed;
}
