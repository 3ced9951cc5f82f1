import { type Result, err, ok } from '../../util/result.ts';
import { settle } from '../settle.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { type FileErrorCode, toFileErrorCode } from './file-error.ts';
import type { FilesystemGrants } from './grants.ts';
import { OpenFiles } from './open-files.ts';

/** What a function on files returns. */
export type FileResult<T> = Result<T, FileErrorCode>;

type FilesCtx = WasiCtx<FilesystemGrants>;

/**
 * Has the guest wait for `work`. If the guest ends meanwhile, the work goes on, and holds what it uses until it is done.
 *
 * What it throws is returned, as an error code. `work` begins after all that streams had taken when the guest dropped them has been written.
 */
export function guestWaits<T>(ctx: FilesCtx, work: (files: OpenFiles) => Promise<T>): Promise<FileResult<T>> {
  ctx.cancellation.throwIfCancelled();
  return settle(ctx, doWork(ctx, work));
}

/** What `now` gives, or else what `work` gives, for which the guest waits. `now` gives `undefined` for what takes time. */
export function nowOrWaits<T>(
  ctx: FilesCtx,
  now: (files: OpenFiles) => T | undefined,
  work: (files: OpenFiles) => Promise<T>,
): FileResult<T> | Promise<FileResult<T>> {
  ctx.cancellation.throwIfCancelled();
  try {
    const value = now(ctx.state(OpenFiles));
    return value === undefined ? guestWaits(ctx, work) : ok(value);
  } catch (error) {
    return err(toFileErrorCode(error));
  }
}

async function doWork<T>(ctx: FilesCtx, work: (files: OpenFiles) => Promise<T>): Promise<FileResult<T>> {
  const files = ctx.state(OpenFiles);
  try {
    const unfinished = files.whenFinished();
    if (unfinished !== undefined) await unfinished;
    const value = await files.granted.threads.run(() => work(files), ctx.cancellation);
    // The guest has ended meanwhile: nobody else will close what was opened for it.
    if (files.isOver) (value as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
    return ok(value);
  } catch (error) {
    return err(toFileErrorCode(error));
  }
}
