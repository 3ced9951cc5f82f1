import type * as prom from 'prom-client';
import type { Log, LogEvent, RequestRecord } from './log.ts';

type PromClient = typeof prom;
type Count<Counted> = (counted: Counted) => void;

/** In seconds: from a guest that only answers to one that takes the time that it has by default. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A log that counts requests and what ended them. */
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
    help: 'Requests that were answered, by the class of the status and by how the reply ended.',
    labelNames: ['component', 'status', 'end'],
    registers,
  });
  const durations = new Histogram({
    name: 'wasi_serve_request_duration_seconds',
    help: 'Time from the head of a request to the end of its reply.',
    labelNames: ['component'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const cpu = new Counter({
    name: 'wasi_serve_guest_cpu_seconds_total',
    help: 'Time that guests computed until their replies were out, where it is counted.',
    labelNames: ['component'],
    registers,
  });
  const bytes = new Counter({
    name: 'wasi_serve_response_body_bytes_total',
    help: 'Bodies of replies, as far as they were sent.',
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
    help: 'What went wrong with requests: traps, replies that broke off, no room. A request may have several.',
    labelNames: ['component'],
    registers,
  });
  const breaches = new Counter({
    name: 'wasi_serve_limit_breaches_total',
    help: 'Requests that a limit ended, by the name of the option that sets it.',
    labelNames: ['component', 'limit'],
    registers,
  });
  return ({ component, limit }) => {
    failures.inc({ component });
    if (limit !== undefined) breaches.inc({ component, limit });
  };
}
