// One run of our own load generator: a LoadJob as JSON in argv, an OwnSample as JSON on stdout.
import type { LoadJob } from '../../../src/compare/load/load-job.ts';
import { runLoad } from '../../../src/compare/load/run-load.ts';

process.stdout.write(JSON.stringify(await runLoad(JSON.parse(process.argv[2] ?? '') as LoadJob)));
