/** WIT's `error-code` of `wasi:filesystem/types`. */
export type FileErrorCode =
  | 'access'
  | 'would-block'
  | 'already'
  | 'bad-descriptor'
  | 'busy'
  | 'deadlock'
  | 'quota'
  | 'exist'
  | 'file-too-large'
  | 'illegal-byte-sequence'
  | 'in-progress'
  | 'interrupted'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'loop'
  | 'too-many-links'
  | 'message-size'
  | 'name-too-long'
  | 'no-device'
  | 'no-entry'
  | 'no-lock'
  | 'insufficient-memory'
  | 'insufficient-space'
  | 'not-directory'
  | 'not-empty'
  | 'not-recoverable'
  | 'unsupported'
  | 'no-tty'
  | 'no-such-device'
  | 'overflow'
  | 'not-permitted'
  | 'pipe'
  | 'read-only'
  | 'invalid-seek'
  | 'text-file-busy'
  | 'cross-device';

/** What a guest gets for an error number of the system; any other is `io`. */
const CODES_BY_ERRNO: Readonly<Record<string, FileErrorCode>> = {
  EACCES: 'access',
  EAGAIN: 'would-block',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOSYS: 'unsupported',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTRECOVERABLE: 'not-recoverable',
  ENOTSUP: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOPNOTSUPP: 'unsupported',
  EOVERFLOW: 'overflow',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
};

/** The code of Node's error for what its `--permission` does not allow. */
const DENIED_BY_NODE = 'ERR_ACCESS_DENIED';

/** Why an operation on files failed, as the guest is told. It never reaches the guest as an exception: `guestWaits` returns its code. */
export class FileError extends Error {
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode) {
    super(code);
    this.code = code;
  }
}

/** The code for what an operation on files threw: one of ours, or an error of Node's for a call of the system. Throws anything else, which is a bug. */
export function toFileErrorCode(thrown: unknown): FileErrorCode {
  if (thrown instanceof FileError) return thrown.code;
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  if (code === DENIED_BY_NODE) return 'not-permitted';
  if (code === undefined || syscall === undefined) throw thrown;
  return CODES_BY_ERRNO[code] ?? 'io';
}

/** Whether an error is the system's with this error number. */
export function hasErrno(thrown: unknown, errno: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === errno && 'syscall' in thrown;
}
