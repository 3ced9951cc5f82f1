import { BlobError, type ObjectPlace } from '../blob-store.ts';

/** Source: Amazon S3, "Object key naming guidelines". */
const MAX_KEY_BYTES = 1024;

/** The end of a key that only says that its container exists. No object has it: after `%` come two digits, a slash, or nothing. */
const MARKER = '%container';

/**
 * A part of a key between slashes. Programs on the way take some of them for something else, `..` above all, so `%` with two digits stands for these, for `%`
 * itself and for characters that XML does not have; a part that is empty is `%`.
 */
function toPart(text: string): string {
  if (text === '') return '%';
  const escaped = text.replaceAll(/[%\p{Cc}\ufffe\uffff]/gu, toEscape);
  return /^\.{1,2}$/.test(escaped) ? `%2E${escaped.slice(1)}` : escaped;
}

function toEscape(character: string): string {
  const bytes = Buffer.from(character);
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function fromPart(part: string): string | undefined {
  if (part === '%') return '';
  try {
    // Only `%` begins an escape: what else is in the text, `decodeURIComponent` leaves as it is.
    const text = decodeURIComponent(part);
    return toPart(text) === part ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What the keys of a container's objects begin with. */
export function toKeyPrefix(prefix: string, container: string): string {
  return `${prefix}${toPart(container).replaceAll('/', '%2F')}/`;
}

/** The key of an object; slashes in its name are slashes in it. Throws `BlobError` if it is too long. */
export function toObjectKey(prefix: string, { container, name }: ObjectPlace): string {
  return checked(`${toKeyPrefix(prefix, container)}${name.split('/').map(toPart).join('/')}`);
}

export function toMarkerKey(prefix: string, container: string): string {
  return checked(`${toKeyPrefix(prefix, container)}${MARKER}`);
}

/** The name of the object with a key that begins with `keyPrefix`; `undefined` if no object has that key. */
export function fromObjectKey(keyPrefix: string, key: string): string | undefined {
  const parts = key.slice(keyPrefix.length).split('/').map(fromPart);
  return parts.includes(undefined) ? undefined : parts.join('/');
}

function checked(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return key;
  throw new BlobError(`the names have ${bytes} bytes as a key of S3, and may have ${MAX_KEY_BYTES}`);
}
