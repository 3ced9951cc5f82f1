import { setFlagsFromString } from 'node:v8';

/** Versions of V8 that know the flag for buffers, which is the default of later ones. V8 complains on the terminal about a flag that it does not know. */
const COUNTS_BUFFERS_APART = /^(?:13\.6|14\.[0-6])\./;

/**
 * Has V8 collect the whole heap less often, at the cost of some more memory: full collections, and their threads, compete with the server for its core.
 *
 * The heap may grow as far as V8 does at best: each call that may wait leaves some old objects. And the buffers of bodies count as a part of it. By
 * default V8 begins a full collection whenever 64 MiB of them have been made, dead or not: at each 20 to 50 MB of a body, though young collections
 * free them all.
 */
export function collectLess(): void {
  setFlagsFromString('--heap-growing-percent=300');
  if (COUNTS_BUFFERS_APART.test(process.versions.v8)) {
    setFlagsFromString('--external-memory-accounted-in-global-limit');
  }
}
