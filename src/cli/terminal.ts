import { type Output, createOutput } from '../observe/output.ts';
import { COLOURED, PLAIN, type Paint } from '../observe/terminal/paint.ts';
import { Bugs } from './bugs.ts';

/** What a command sees of its process. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** With colours if the stream is a terminal and NO_COLOR is not set. */
  readonly paintStdout: Paint;
  readonly paintStderr: Paint;
  readonly env: NodeJS.ProcessEnv;
  readonly bugs: Bugs;
  /** Ends the process immediately, after writing what is still buffered. */
  quit(exitCode: number): never;
}

/** The terminal of this process, whose environment was `env`. Buffered output is flushed when the process exits. */
export function createTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const stdout = createOutput(process.stdout.fd, process.stdout);
  const stderr = createOutput(process.stderr.fd, process.stderr);
  process.on('exit', () => {
    stdout.flushNow();
    stderr.flushNow();
  });
  return {
    stdout,
    stderr,
    paintStdout: paintFor(process.stdout, env),
    paintStderr: paintFor(process.stderr, env),
    env,
    bugs: new Bugs(stderr, quit),
    quit,
  };
}

function quit(exitCode: number): never {
  process.exit(exitCode);
}

/** Any NO_COLOR that is not empty turns colours off. Source: https://no-color.org. */
function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wantsColour = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return wantsColour ? COLOURED : PLAIN;
}
