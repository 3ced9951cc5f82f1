import { type Output, createOutput } from '../observe/output.ts';
import { COLOURED, PLAIN, type Paint } from '../observe/terminal/paint.ts';
import { Bugs } from './bugs.ts';

/** What a command sees of the process that runs it. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Colours where the stream is a terminal and NO_COLOR is not set. */
  readonly paintStdout: Paint;
  readonly paintStderr: Paint;
  readonly env: NodeJS.ProcessEnv;
  readonly bugs: Bugs;
  /** Ends the process, at once and after what is written so far. */
  quit(exitCode: number): never;
}

/** The terminal of this process. What is written is out when the process ends, however it ends. */
export function createTerminal(): Terminal {
  const stdout = createOutput(process.stdout.fd);
  const stderr = createOutput(process.stderr.fd);
  process.on('exit', () => {
    stdout.flushNow();
    stderr.flushNow();
  });
  return {
    stdout,
    stderr,
    paintStdout: paintFor(process.stdout, process.env),
    paintStderr: paintFor(process.stderr, process.env),
    env: process.env,
    bugs: new Bugs(stderr, quit),
    quit,
  };
}

function quit(exitCode: number): never {
  process.exit(exitCode);
}

/** Source: https://no-color.org: any value that is not empty. */
function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wantsColour = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return wantsColour ? COLOURED : PLAIN;
}
