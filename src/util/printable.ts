/**
 * Escapes text of a client or a guest, so that it is one line without commands to a terminal.
 *
 * Control characters, line breaks of any kind and characters that change the writing direction are spelled out: `\x1b`, `\u{202e}`.
 */
export function toPrintable(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replaceAll(UNPRINTABLE, spell);
}

/** The first `maxLength` characters of `text`, followed by `…` if there are more. */
export function truncate(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** Nearly all text, which takes less time to test than to replace. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Spells out controls (Cc), line and paragraph separators (Zl, Zp), formats such as bidirectional overrides (Cf), and lone surrogates (Cs). */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu;

function spell(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${char.codePointAt(0)?.toString(16)}}`;
}
