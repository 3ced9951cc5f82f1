import { readSource } from '../../component/source.ts';
import { toComponentConfig } from '../../config/to-serve-config.ts';
import { loadCommand } from '../../host/load.ts';
import { type ProgramEnd, runProgram } from '../../host/run-program.ts';
import { PLAIN } from '../../observe/terminal/paint.ts';
import { formatText } from '../../observe/terminal/text-log.ts';
import { MAX_TIMER_MS } from '../../util/timers.ts';
import { type ProfileFile, beginProfile, createProfiler } from '../profile/profile-file.ts';
import { keepLongTraces } from '../keep-long-traces.ts';
import type { Terminal } from '../terminal.ts';
import { DescriptorWriter } from './descriptor-writer.ts';
import { ReadableSource } from './readable-source.ts';
import type { RunPlan } from './run-plan.ts';

/** What a shell says of a process that a signal ended: 128 and the signal's number. */
const EXIT_OF_ABORT = 134;
const EXIT_OF_PIPE = 141;

/**
 * Runs a component as a program whose streams are those of this process. Resolves with the exit code when all that it wrote is written, and
 * immediately when nobody reads it any more. Throws `HostError` if it cannot be run.
 */
export async function runInTerminal(
  { file, args, load, component, profile: profilePath, notices }: RunPlan,
  terminal: Terminal,
): Promise<number> {
  keepLongTraces();
  const say = (level: 'warning' | 'note', what: string): void => terminal.stderr.write(`${level}: ${what}\n`);
  for (const notice of notices) say('note', notice);
  const { label, bytes } = await readSource(file, load.limits?.maxComponentBytes);
  const profiler = createProfiler({ profile: profilePath, debugEndpoints: false });
  const command = await loadCommand(bytes, { ...load, label, guestCode: profiler?.code });
  await using profile = await beginProfile(profilePath, profiler, (event) =>
    terminal.stderr.write(formatText(event, PLAIN)),
  );
  using _signals = finishBySignal(profilePath === undefined ? [] : ['SIGINT', 'SIGTERM'], profile);
  using _alive = keepAlive();
  const gone = Promise.withResolvers<number>();
  const writer = new DescriptorWriter(() => gone.resolve(EXIT_OF_PIPE));
  const ended = runProgram(command, {
    config: toComponentConfig({ ...component, writeGuestOutput: (_stream, lines) => terminal.stderr.write(lines) }),
    cli: {
      args,
      stdin: new ReadableSource(() => process.stdin),
      stdout: writer.sinkOf(process.stdout.fd),
      stderr: writer.sinkOf(process.stderr.fd),
      terminals: new Set((['stdin', 'stdout', 'stderr'] as const).filter((name) => process[name].isTTY)),
    },
    tell: (what) => say('warning', what),
  });
  const finished = ended.then(async (end) => {
    await writer.written();
    return toExitCode(end, terminal);
  });
  return await Promise.race([finished, gone.promise]);
}

function toExitCode(end: ProgramEnd, { stderr, paintStderr }: Terminal): number {
  if (end.at === 'exited') return end.code;
  stderr.write(`${paintStderr('bad', 'error:')} the program trapped: ${describeTrap(end.trap)}\n`);
  return EXIT_OF_ABORT;
}

/** The message, and the frames of the program's own code. */
function describeTrap({ message, stack = '' }: Error): string {
  const frames = stack.split('\n').filter((line) => /^ +at .*(?:wasm:\/\/|jco-glue:)/.test(line));
  return [message, ...frames].join('\n');
}

/** Finishes a profile before the process ends by one of these signals. */
function finishBySignal(signals: readonly NodeJS.Signals[], profile: ProfileFile): Disposable {
  const onSignal = (signal: NodeJS.Signals): void => {
    void profile.finish().then(() => {
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    });
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Node ends a process that nothing keeps alive, even if the program still waits. */
function keepAlive(): Disposable {
  const timer = setInterval(() => undefined, MAX_TIMER_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
