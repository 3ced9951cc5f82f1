import type * as Tools from '@bytecodealliance/jco-transpile/wasm-tools';
import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';

/** Bytes before the first token of text: white space. */
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** A form begins with a parenthesis, a comment with a semicolon or with both. */
const TOKENS: ReadonlySet<number | undefined> = new Set([0x28, 0x3b]);

/** Whether bytes are WebAssembly's text format, and not binary. Source: the core specification, 6.3. */
export function isText(bytes: Uint8Array): boolean {
  return TOKENS.has(bytes.find((byte) => !SPACE.has(byte)));
}

/** Assembles a component from its text, with jco's tools, which takes a moment. Throws `HostError` with the place of what is wrong in it. */
export async function assemble(path: string, text: Uint8Array): Promise<Uint8Array> {
  const { parse } = await loadTools(path);
  try {
    return await parse(new TextDecoder().decode(text));
  } catch (error) {
    const reason = toOneLine(toError(error).message);
    throw new HostError('bad-component', `${path} is not valid text of WebAssembly${reason}`, { cause: error });
  }
}

async function loadTools(path: string): Promise<Pick<typeof Tools, 'parse'>> {
  try {
    return await import('@bytecodealliance/jco-transpile/wasm-tools');
  } catch (error) {
    const message = `${path} is text, for which @bytecodealliance/jco-transpile is needed; or assemble it with \`wasm-tools parse\``;
    throw new HostError('not-supported', message, { cause: error });
  }
}

/** `, at 1:10: what is wrong`, of the error as Rust prints it for its programmers, where lines and columns begin at 0. */
function toOneLine(message: string): string {
  const place = /\bline: (\d+), col: (\d+)/.exec(message);
  const what = /\bkind: Custom\("(.*?)"\)/.exec(message)?.[1] ?? message.split('\n', 1)[0];
  return place === null ? `: ${what}` : `, at ${Number(place[1]) + 1}:${Number(place[2]) + 1}: ${what}`;
}
