import { trapIf } from '../../util/trap.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { Readiness } from '../../io/readiness.ts';
import type { Parent } from './parent.ts';
import { defineIo } from './define-io.ts';
import * as t from '../param-types.ts';

/** A guest's handle to a `Readiness`, child of the resource that it was subscribed to. */
export class Pollable {
  readonly readiness: Readiness;
  #parent: Parent | undefined;

  constructor(readiness: Readiness, parent?: Parent) {
    this.readiness = readiness;
    this.#parent = parent?.adopt();
  }

  [Symbol.dispose](): void {
    this.#parent?.release();
    this.#parent = undefined;
  }
}

/** From so many on it is worth looking for those that are there twice: a guest can list one a million times. */
const MANY = 1000;

/** `wasi:io/poll`. Source: wasi-io `poll.wit`. */
export const poll = defineIo('poll', {
  resources: { pollable: Pollable },
  mayWait: ['[method]pollable.block', 'poll'],
  params: { poll: [t.list(t.borrow('pollable', Pollable))] },
  funcs: {
    '[method]pollable.ready': (_ctx: WasiCtx, self: Pollable): boolean => self.readiness.isReady(),

    '[method]pollable.block': (ctx: WasiCtx, self: Pollable): void | Promise<void> => {
      const waiting = ctx.wait([self.readiness]);
      return waiting === true ? undefined : waiting;
    },

    /** Returns the indices, ascending, of all that are ready. Traps on an empty list. */
    poll: (ctx: WasiCtx, list: readonly Pollable[]): Uint32Array | Promise<Uint32Array> => {
      trapIf(list.length === 0, 'wasi:io/poll.poll: the list of pollables is empty');
      const sources = list.map((pollable) => pollable.readiness);
      const waiting = ctx.wait(sources.length < MANY ? sources : [...new Set(sources)]);
      return waiting === true ? readyIndices(sources) : waiting.then(() => readyIndices(sources));
    },
  },
});

function readyIndices(sources: readonly Readiness[]): Uint32Array {
  const indices: number[] = [];
  for (const [index, source] of sources.entries()) if (source.isReady()) indices.push(index);
  return Uint32Array.from(indices);
}
