import { join } from 'node:path';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** The network, and to read the package and the component: nothing that interrupts or watches guests. */
export const PERMISSION_ONLY = `--permission --allow-net --allow-fs-read=${ROOT}`;

/** What docs/deploy.md says is enough: a thread that watches guests, too. */
export const LEAST = { NODE_OPTIONS: `${PERMISSION_ONLY} --allow-worker` };
