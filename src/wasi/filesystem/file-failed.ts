import { type StreamError, failed } from '../../io/stream-error.ts';
import { FileError, toFileErrorCode } from './file-error.ts';

/** The failure of a file's stream, in which `filesystem-error-code` finds the code. */
export function fileFailed(thrown: unknown): StreamError {
  const code = toFileErrorCode(thrown);
  return failed(`the file's operation failed: ${code}`, new FileError(code));
}
