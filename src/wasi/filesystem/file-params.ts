import type { ParamsByFunc } from '../../abi/emit/guard.ts';
import { IoError } from '../../io/io-error.ts';
import * as t from '../param-types.ts';
import { Descriptor } from './descriptor.ts';

const descriptor = t.borrow('descriptor', Descriptor);
const pathFlags = t.flags('symlink-follow');
const openFlags = t.flags('create', 'directory', 'exclusive', 'truncate');
const descriptorFlags = t.flags(
  'read',
  'write',
  'file-integrity-sync',
  'data-integrity-sync',
  'requested-write-sync',
  'mutate-directory',
);
const newTimestamp = t.variant({
  ...t.plain('no-change', 'now'),
  timestamp: t.record({ seconds: t.u64, nanoseconds: t.u32 }),
});
const advice = t.enumeration('normal', 'sequential', 'random', 'will-need', 'dont-need', 'no-reuse');

/** What the functions of `wasi:filesystem/types` take. Source: wasi-filesystem `types.wit`. */
export const FILE_PARAMS: ParamsByFunc = {
  '[method]descriptor.read-via-stream': [t.u64],
  '[method]descriptor.write-via-stream': [t.u64],
  '[method]descriptor.advise': [t.u64, t.u64, advice],
  '[method]descriptor.set-size': [t.u64],
  '[method]descriptor.set-times': [newTimestamp, newTimestamp],
  '[method]descriptor.read': [t.u64, t.u64],
  '[method]descriptor.write': [t.bytes, t.u64],
  '[method]descriptor.create-directory-at': [t.string],
  '[method]descriptor.stat-at': [pathFlags, t.string],
  '[method]descriptor.set-times-at': [pathFlags, t.string, newTimestamp, newTimestamp],
  '[method]descriptor.link-at': [pathFlags, t.string, descriptor, t.string],
  '[method]descriptor.open-at': [pathFlags, t.string, openFlags, descriptorFlags],
  '[method]descriptor.readlink-at': [t.string],
  '[method]descriptor.remove-directory-at': [t.string],
  '[method]descriptor.rename-at': [t.string, descriptor, t.string],
  '[method]descriptor.symlink-at': [t.string, t.string],
  '[method]descriptor.unlink-file-at': [t.string],
  '[method]descriptor.is-same-object': [descriptor],
  '[method]descriptor.metadata-hash-at': [pathFlags, t.string],
  'filesystem-error-code': [t.borrow('error', IoError)],
};
