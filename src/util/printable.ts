/**
 * Text of a client or a guest as one line that a terminal shows and does not obey.
 *
 * Control characters, line breaks of any kind and those that turn the direction of writing are spelled: `\x1b`, `\u{202e}`.
 */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, spell);
}

/** The first `maxLength` characters of `text`, and `…` where there are more. */
export function truncate(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** Controls (Cc), line and paragraph separators (Zl, Zp), formats such as bidirectional overrides (Cf), half surrogates (Cs). */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu;

function spell(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${char.codePointAt(0)?.toString(16)}}`;
}
