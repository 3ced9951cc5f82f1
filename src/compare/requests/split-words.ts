import { type Result, err, ok } from '../../util/result.ts';

/** `a` of `$'…'`, with what it stands for. */
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
};

interface Cursor {
  readonly text: string;
  at: number;
}

/**
 * The words of a command line, as a POSIX shell parts and unquotes them, with bash's `$'…'`. Nothing is expanded.
 *
 * Error: what is wrong with the text.
 */
export function splitWords(text: string): Result<string[], string> {
  const cursor = { text: text.replaceAll(/\\\r?\n/g, ' '), at: 0 };
  const words: string[] = [];
  for (;;) {
    while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
    if (cursor.at >= cursor.text.length) return ok(words);
    const word = readWord(cursor);
    if (word.tag === 'err') return word;
    words.push(word.val);
  }
}

/** A word as a POSIX shell reads it back, with quotes if it needs them. Bytes beyond ASCII and controls are escaped, as bash and zsh know it. */
export function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (/^[\x20-\x7e]*$/.test(word)) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = word.replaceAll(/[^\x20-\x7e]|['\\]/g, (char) =>
    char === "'" || char === '\\' ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}

function readWord(cursor: Cursor): Result<string, string> {
  let word = '';
  while (cursor.at < cursor.text.length && !/\s/.test(cursor.text[cursor.at] ?? '')) {
    const part = readPart(cursor);
    if (part.tag === 'err') return part;
    word += part.val;
  }
  return ok(word);
}

function readPart(cursor: Cursor): Result<string, string> {
  const { text } = cursor;
  if (text.startsWith("$'", cursor.at)) return readEscaped(cursor);
  const char = text[cursor.at++] ?? '';
  if (char === "'") return readThrough(cursor, "'");
  if (char === '"') return readDoubleQuoted(cursor);
  if (char !== '\\') return ok(char);
  const next = text[cursor.at++];
  return next === undefined ? err('it ends with a backslash') : ok(next);
}

function readThrough(cursor: Cursor, quote: string): Result<string, string> {
  const end = cursor.text.indexOf(quote, cursor.at);
  if (end === -1) return err(`there is no closing ${quote}`);
  const inside = cursor.text.slice(cursor.at, end);
  cursor.at = end + 1;
  return ok(inside);
}

/** A backslash is itself unless it stands before one of `$`, a backquote, `"`, or another. */
function readDoubleQuoted(cursor: Cursor): Result<string, string> {
  let inside = '';
  for (;;) {
    const char = cursor.text[cursor.at++];
    if (char === undefined) return err('there is no closing "');
    if (char === '"') return ok(inside);
    const next = cursor.text[cursor.at];
    if (char === '\\' && next !== undefined && '$`"\\'.includes(next)) {
      inside += next;
      cursor.at += 1;
    } else inside += char;
  }
}

/** Source: bash(1), QUOTING. */
function readEscaped(cursor: Cursor): Result<string, string> {
  cursor.at += 2;
  let inside = '';
  for (;;) {
    const char = cursor.text[cursor.at++];
    if (char === undefined) return err("there is no closing '");
    if (char === "'") return ok(inside);
    inside += char === '\\' ? readEscape(cursor) : char;
  }
}

function readEscape(cursor: Cursor): string {
  const [coded, hex, unicode, octal] =
    /^(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4})|([0-7]{1,3}))/i.exec(cursor.text.slice(cursor.at, cursor.at + 5)) ?? [];
  if (coded !== undefined) {
    cursor.at += coded.length;
    return String.fromCharCode(
      octal === undefined ? Number.parseInt(hex ?? unicode ?? '', 16) : Number.parseInt(octal, 8),
    );
  }
  const char = cursor.text[cursor.at++] ?? '\\';
  return ESCAPES[char] ?? char;
}
