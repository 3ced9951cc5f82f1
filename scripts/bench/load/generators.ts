import type { LoadGenerator } from './load.ts';
import { createOwn } from './own.ts';
import type { Site } from '../../../src/compare/machine/site.ts';
import { createWrk, isWrkInstalled } from './wrk.ts';

/** The named one, else wrk where it is installed, which takes far less of its core, else our own. Throws where unknown. */
export function createLoadGenerator(name: string | undefined, site: Site): LoadGenerator {
  if (name === 'wrk' || (name === undefined && isWrkInstalled())) return createWrk(site);
  if (name === 'own' || name === undefined) return createOwn(site);
  throw new Error(`no such load generator: ${name}; there are wrk, own`);
}
