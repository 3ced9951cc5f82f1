import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Image, captureImage } from './image.ts';
import { ROOM_PAGES, type Restorable, createRestoringStrategy } from './restoring.ts';
import type { InstanceStrategy } from './strategy.ts';

/**
 * Instances start once, and are restored between requests to the state that they had then.
 *
 * `warm` is an instance that has started and done nothing else: it serves the first request.
 */
export function createResetStrategy(pre: LinkedPre<WasiCtx>, warm?: LinkedInstance<WasiCtx>): InstanceStrategy {
  /** Instances that started with the same state share its bytes. */
  let first: Image | undefined;
  const capture = (instance: LinkedInstance<WasiCtx>): Restorable => {
    const image = captureImage(instance, first);
    first ??= image;
    instance.makeRoom(ROOM_PAGES);
    return { instance, image };
  };
  return createRestoringStrategy(pre, {
    name: 'reset',
    create: (ctx) => capture(pre.instantiate(ctx)),
    warm: warm && capture(warm),
  });
}
