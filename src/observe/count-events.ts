import type * as prom from 'prom-client';
import type { Log, LogEvent, RequestRecord } from './log.ts';

type PromClient = typeof prom;
type Count<Counted> = (counted: Counted) => void;

/** In seconds: from a guest that answers immediately to one that uses up its default timeout. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A log that counts requests and how they ended. */
export function countEvents(client: PromClient, register: prom.Registry): Log {
  const countRequest = createRequestCount(client, [register]);
  const countFailure = createFailureCount(client, [register]);
  return (event) => {
    if (event.at === 'request') countRequest(event.request);
    else if (event.at === 'request-failed') countFailure(event);
  };
}

function createRequestCount({ Counter, Histogram }: PromClient, registers: prom.Registry[]): Count<RequestRecord> {
  const requests = new Counter({
    name: 'wasi_serve_requests_total',
    help: 'Answered requests, by class of status and by how the reply ended.',
    labelNames: ['component', 'status', 'end'],
    registers,
  });
  const durations = new Histogram({
    name: 'wasi_serve_request_duration_seconds',
    help: "Time from a request's head to the end of its reply.",
    labelNames: ['component'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const cpu = new Counter({
    name: 'wasi_serve_guest_cpu_seconds_total',
    help: 'Time that guests spent computing until their replies were sent, if measured.',
    labelNames: ['component'],
    registers,
  });
  const bytes = new Counter({
    name: 'wasi_serve_response_body_bytes_total',
    help: 'Bytes of reply bodies sent.',
    labelNames: ['component'],
    registers,
  });
  return ({ component, status, end, durationMs, cpuMs = 0, byteLength }) => {
    requests.inc({ component, status: `${Math.trunc(status / 100)}xx`, end });
    durations.observe({ component }, durationMs / 1000);
    cpu.inc({ component }, cpuMs / 1000);
    bytes.inc({ component }, byteLength);
  };
}

function createFailureCount(
  { Counter }: PromClient,
  registers: prom.Registry[],
): Count<Extract<LogEvent, { at: 'request-failed' }>> {
  const failures = new Counter({
    name: 'wasi_serve_failures_total',
    help: 'Failures of requests: traps, replies cut off, lack of room. A request may have several.',
    labelNames: ['component'],
    registers,
  });
  const exceeded = new Counter({
    name: 'wasi_serve_limit_breaches_total',
    help: 'Requests ended by a limit, by the name of the option that sets it.',
    labelNames: ['component', 'limit'],
    registers,
  });
  return ({ component, limit }) => {
    failures.inc({ component });
    if (limit !== undefined) exceeded.inc({ component, limit });
  };
}
