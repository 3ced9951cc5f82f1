import { closeSync, openSync } from 'node:fs';
import type { Log } from '../../observe/log.ts';
import { type LogOutput, createOutput } from '../../observe/output.ts';
import { HostError } from '../../util/host-error.ts';
import type { LogSink } from './log-sink.ts';

/** A host's log, whose lines for requests go where `--access-log` says. The caller must dispose it. */
export interface AccessLog extends AsyncDisposable {
  readonly log: Log;
}

/** Those who run the host may read the file, and their group: paths may hold secrets. */
const FILE_MODE = 0o640;

/** `target`: `on`, `off`, `stderr`, `stdout` or the path of a file, to which lines are appended. Throws `HostError` if it cannot be opened. */
export function openAccessLog(target: string, sink: LogSink): AccessLog {
  switch (target) {
    case 'on':
    case 'stderr':
      return { log: sink.log, [Symbol.asyncDispose]: nothing };
    case 'off':
      return { log: divert(sink, () => {}), [Symbol.asyncDispose]: nothing };
    case 'stdout':
      return { log: divert(sink, sink.logTo(sink.stdout)), [Symbol.asyncDispose]: nothing };
    default:
      return openFileLog(target, sink);
  }
}

/** The streams of the process stay open. */
const nothing = (): Promise<void> => Promise.resolve();

/** Workers append to one file: each write is of whole lines. */
function openFileLog(path: string, sink: LogSink): AccessLog {
  const fd = openForAppending(path);
  const output = createOutput(fd, undefined, ({ message }) => {
    sink.log({ at: 'notice', level: 'error', message: `no more lines in the access log ${path}: ${message}` });
  });
  const flushNow = (): void => output.flushNow();
  process.on('exit', flushNow);
  return {
    log: divert(sink, sink.logTo(sink.lines === 'timed' ? output : withTimes(output))),
    [Symbol.asyncDispose]: async () => {
      await output.flush();
      process.off('exit', flushNow);
      closeSync(fd);
    },
  };
}

function openForAppending(path: string): number {
  try {
    return openSync(path, 'a', FILE_MODE);
  } catch (error) {
    const { message } = error as Error;
    throw new HostError('bad-config', `cannot write the access log (--access-log): ${message}`, { cause: error });
  }
}

/** A terminal shows when a line comes, a file does not. */
function withTimes(output: LogOutput): LogOutput {
  return { write: (line) => output.write(`${new Date().toISOString()} ${line}`) };
}

/** The sink's log, but for requests. */
function divert({ log }: LogSink, requests: Log): Log {
  return (event) => (event.at === 'request' ? requests(event) : log(event));
}
