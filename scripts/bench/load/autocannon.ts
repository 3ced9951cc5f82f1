import { fileURLToPath } from 'node:url';
import type { LoadSample } from '../../../src/compare/load/load-job.ts';
import type { LoadGenerator } from './load.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** autocannon, in a process of its own so that it has its core for itself. */
export function createAutocannon({ processes, pinning, signal }: Site): LoadGenerator {
  const script = fileURLToPath(import.meta.resolve('./autocannon-run.ts'));
  return {
    note: 'autocannon (JavaScript: its own core limits what it can measure of fast servers; wrk is used where it is installed)',
    async run(job) {
      const command = { file: process.execPath, args: [script, JSON.stringify(job)] };
      return JSON.parse(await processes.run(pinning.pinLoad(command), signal)) as LoadSample;
    },
  };
}
