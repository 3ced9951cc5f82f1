/** What may stand in a file's name for itself, on any system; not at the start: `.`, since nothing of ours may be `..` or hidden. */
const PLAIN = /^[\w@+=,~-]$/;
const ENCODED = /^(?:%|(?:[\w@+=,~-]|%[0-9A-F]{2})(?:[\w.@+=,~-]|%[0-9A-F]{2})*)$/;

/** Linux' limit is 255 bytes; some systems on top of others (encryption, for one) have less room. */
export const MAX_FILE_NAME = 240;

/**
 * The file for an object's or container's name, in characters that no file system changes or takes for something else: each other byte of its UTF-8 is
 * `%` with two digits. The empty name is `%`. Different names have different files. May be longer than `MAX_FILE_NAME`.
 */
export function toFileName(name: string): string {
  if (name === '') return '%';
  let encoded = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    const isPlain = PLAIN.test(character) || (character === '.' && encoded !== '');
    encoded += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The name whose file this is; `undefined` if it is nobody's. */
export function fromFileName(file: string): string | undefined {
  if (file === '%') return '';
  if (!ENCODED.test(file)) return undefined;
  const bytes = Buffer.from(
    file.replaceAll(/%(..)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  const name = bytes.toString();
  return toFileName(name) === file ? name : undefined;
}
