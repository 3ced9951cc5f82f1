import {
  type Component,
  type Host,
  type ServeOptions,
  type LogEvent,
  type RequestRecord,
  createHost,
} from '../../src/index.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { type LoadWay, guest } from './guests.ts';
import { closeIdleConnections } from './idle-connections.ts';
import { type Recorder, createRecorder } from './recorder.ts';

/** A line that a guest printed, as the host passes it on. */
export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  /** Without its end. */
  readonly line: string;
}

/** What a host says and passes on. */
export interface Observed {
  readonly events: Recorder<LogEvent>;
  readonly output: Recorder<OutputLine>;
}

/** A guest served on a free port of 127.0.0.1. The caller must dispose it. */
export interface Served extends Observed, AsyncDisposable {
  readonly host: Host;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
}

/** How long a test's host waits for its guests when it is disposed. */
const DRAIN_TIMEOUT_MS = 5000;

/** Serves a guest of components/ by its name, or any component. */
export async function serveGuest(
  nameOrComponent: string | Component,
  options: ServeOptions = {},
  way: LoadWay = {},
): Promise<Served> {
  const component = typeof nameOrComponent === 'string' ? await guest(nameOrComponent, way) : nameOrComponent;
  const { observed, log, hostOptions } = observe(options);
  const host = createHost(component, hostOptions, log);
  const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
  return {
    ...observed,
    host,
    origin: formatOrigin(address),
    [Symbol.asyncDispose]: async () => {
      closeIdleConnections();
      await host.close(DRAIN_TIMEOUT_MS);
    },
  };
}

/** Host options that record what the guest prints, and a log that records events. */
export function observe(options: ServeOptions): {
  readonly observed: Observed;
  readonly log: (event: LogEvent) => void;
  readonly hostOptions: ServeOptions;
} {
  const events = createRecorder<LogEvent>();
  const output = createRecorder<OutputLine>();
  const writeGuestOutput = (stream: 'stdout' | 'stderr', lines: string): void => {
    for (const line of lines.split('\n').slice(0, -1)) output.add({ stream, line });
  };
  return {
    observed: { events, output },
    log: (event) => events.add(event),
    hostOptions: { writeGuestOutput, ...options },
  };
}

/** The lines of one stream. */
export function linesOf({ output }: Observed, stream: OutputLine['stream']): string[] {
  return output.all.filter((line) => line.stream === stream).map(({ line }) => line);
}

/** The messages of failures of guests. */
export function failuresOf({ events }: Observed): string[] {
  return events.all.flatMap((event) => (event.at === 'request-failed' ? [event.message] : []));
}

/** What the operator has read of limits and options. */
export function noticesOf({ events }: Observed): string[] {
  return events.all.flatMap((event) => (event.at === 'notice' ? [event.message] : []));
}

/** The record of the first answered request, or of the first to `path`, once there is one. */
export async function untilAnswered({ events }: Observed, path?: string): Promise<RequestRecord> {
  const event = await events.until((e) => e.at === 'request' && (path === undefined || e.request.path === path));
  return (event as LogEvent & { at: 'request' }).request;
}
