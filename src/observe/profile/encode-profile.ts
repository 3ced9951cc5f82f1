import type { CpuProfile } from './profile-tree.ts';

/** How many elements of an array are turned into text together. */
const TOGETHER = 4096;

/** A profile in the format of V8's tools (`.cpuprofile`, JSON), in pieces: it may be large, and whoever takes it slow. */
export function* encodeProfile(profile: CpuProfile): Generator<string> {
  const { nodes, startTime, endTime, samples = [], timeDeltas = [] } = profile;
  yield `{"startTime":${startTime},"endTime":${endTime}`;
  yield* encodeArray('nodes', nodes);
  yield* encodeArray('samples', samples);
  yield* encodeArray('timeDeltas', timeDeltas);
  yield '}\n';
}

function* encodeArray(name: string, elements: readonly unknown[]): Generator<string> {
  yield `,"${name}":[`;
  for (let at = 0; at < elements.length; at += TOGETHER) {
    const text = JSON.stringify(elements.slice(at, at + TOGETHER)).slice(1, -1);
    yield at === 0 ? text : `,${text}`;
  }
  yield ']';
}
