import type { LinkedPre } from '../linker/link.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Image, StartImage } from './image.ts';
import { ROOM_PAGES, createRestoringStrategy } from './restoring.ts';
import type { InstanceStrategy } from './strategy.ts';

/** Called with the full name of a host function. */
type NameTest = (name: string) => boolean;

/**
 * Core instances are kept, are restored between requests to the state that they had before any start function, and start again for each request: for
 * guests whose start asks the host for what may differ, such as the time or random bytes.
 *
 * Starts that call no other host functions than those that `mayAskAhead` allows run between requests.
 */
export function createRestartStrategy(pre: LinkedPre<WasiCtx>, mayAskAhead: NameTest = () => false): InstanceStrategy {
  /** Instances share the bytes of what they had before they started. */
  let first: Image | undefined;
  return createRestoringStrategy(pre, {
    name: 'restart',
    create: (ctx) => {
      const image = new StartImage(first, ROOM_PAGES);
      const instance = pre.instantiate(ctx, image);
      first ??= image;
      return { instance, image };
    },
    startAhead: { restart: (instance, ctx, asked) => instance.restart(ctx, asked), mayAskAhead },
  });
}

/** Why instances cannot start again, if they cannot. */
export function findRestartBlocker({ unrestorable, canStartAgain }: LinkedPre<WasiCtx>): string | undefined {
  return (
    unrestorable ??
    (canStartAgain ? undefined : 'a module initialises the memory or table of another in a way that cannot be repeated')
  );
}
