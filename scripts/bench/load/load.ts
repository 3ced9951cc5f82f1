import type { LoadSample } from '../../../src/compare/load/load-job.ts';
import type { GuestRequest } from '../servers/guests.ts';

/** Load of one kind for some time. */
export interface LoadJob {
  readonly url: string;
  readonly request: GuestRequest;
  readonly connections: number;
  /** Whole: wrk knows no parts. */
  readonly seconds: number;
}

/** Sends requests as fast as they are answered, over a fixed number of connections. */
export interface LoadGenerator {
  /** With what reading its numbers needs, for the report. */
  readonly note: string;
  /** Throws where it cannot work at all, or when the run is aborted. */
  run(job: LoadJob): Promise<LoadSample>;
}
