import { demangleV0 } from './demangle-v0.ts';

/** The names that code of Rust has in its source: `core::fmt::write` of `_ZN4core3fmt5write17h0123456789abcdefE`. All other names stay as they are. */
export function demangle(name: string): string {
  return demangleLegacy(name) ?? demangleV0(name) ?? name;
}

/** Source: rustc's `legacy` mangling: `_ZN`, each part after its length, then `E`; characters that a symbol may not have are escaped. */
function demangleLegacy(name: string): string | undefined {
  const rest = /^_ZN(.+)E(?:\.llvm\.\d+)?$/s.exec(name)?.[1];
  if (rest === undefined) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < rest.length;) {
    const digits = /^\d+/.exec(rest.slice(at, at + 8))?.[0];
    if (digits === undefined) return undefined;
    const start = at + digits.length;
    at = start + Number(digits);
    if (at > rest.length) return undefined;
    parts.push(rest.slice(start, at));
  }
  // C++ has the same beginning, and no hash.
  if (!/^h[0-9a-f]{16}$/.test(parts.pop() ?? '')) return undefined;
  return parts.map(unescapePart).join('::');
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['SP', '@'],
  ['BP', '*'],
  ['RF', '&'],
  ['LT', '<'],
  ['GT', '>'],
  ['LP', '('],
  ['RP', ')'],
  ['C', ','],
]);

/** A part that would begin with an escape has a `_` before it. */
function unescapePart(part: string): string {
  return part
    .replace(/^_(?=\$)/, '')
    .replaceAll('..', '::')
    .replace(/\$([A-Z]{1,2}|u[0-9a-f]{1,6})\$/g, (escape, code: string) => {
      const point = code.startsWith('u') ? Number.parseInt(code.slice(1), 16) : undefined;
      if (point !== undefined) return point <= 0x10ffff ? String.fromCodePoint(point) : escape;
      return ESCAPES.get(code) ?? escape;
    });
}
