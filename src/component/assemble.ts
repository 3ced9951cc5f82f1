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
    throw new HostError('bad-component', `${path} is not valid text of WebAssembly: ${toError(error).message}`, {
      cause: error,
    });
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
