import { HostError } from '../../util/host-error.ts';

/** A type that takes more lines than this is made to exhaust the host. */
const MAX_LINES = 50_000;

/** A text that stands in the code as a string literal. */
export interface StringLiteral {
  readonly json: string;
}

/** An object literal: keys, and the names of their values. */
export interface ObjectLiteral {
  readonly object: readonly (readonly [key: string, name: string])[];
}

/** What may stand between the fixed parts of code: an identifier, some of them in a list, a number, a literal, other code. */
export type CodePiece = string | number | readonly string[] | StringLiteral | ObjectLiteral | Code;

/** A piece of code that came through the door. */
export interface Code {
  readonly source: string;
}

/**
 * The door: all code comes through this tag, which lets nothing pass between the fixed parts that could be read as other
 * code than was meant.
 */
export function js(fixed: TemplateStringsArray, ...pieces: readonly CodePiece[]): Code {
  return { source: String.raw({ raw: fixed }, ...pieces.map(renderPiece)) };
}

/** Writes the code of one function and of the helpers that it calls. */
export class CodeWriter {
  #lines: string[] = [];
  #written = 0;
  #names = 0;
  readonly #functions: string[] = [];
  readonly #slots: unknown[] = [];

  /** Writes a statement, or a part of one. */
  line(code: Code): void {
    if (++this.#written > MAX_LINES) {
      throw new HostError('not-supported', `a type of the component takes more than ${MAX_LINES} lines of code`);
    }
    this.#lines.push(code.source);
  }

  /** Writes `const name = …` and returns the name, so that whatever is read is read here and now. */
  bind({ source }: Code): string {
    const name = this.fresh();
    this.line({ source: `const ${name} = ${source};` });
    return name;
  }

  /** A name that nothing else has. */
  fresh(): string {
    return `v${this.#names++}`;
  }

  /** The name of a value that is given to the code from outside. */
  slot(value: unknown): string {
    const known = this.#slots.indexOf(value);
    return `k${known === -1 ? this.#slots.push(value) - 1 : known}`;
  }

  /** Writes a function of its own with what `body` writes. */
  func(name: string, params: readonly string[], body: () => void): void {
    const outer = this.#lines;
    this.#lines = [];
    this.line(js`function ${name}(${params}) {`);
    body();
    this.line(js`}`);
    this.#functions.push(this.#lines.join('\n'));
    this.#lines = outer;
  }

  /** Runs the code; what it returns is returned. `globals` are the names that it may use besides its own. */
  run(url: string, globals: Readonly<Record<string, unknown>>): unknown {
    const source = [
      "'use strict';",
      `const { ${Object.keys(globals).map(checkIdentifier).join(', ')} } = globals;`,
      `const [${this.#slots.map((_, i) => `k${i}`).join(', ')}] = slots;`,
      ...this.#functions,
      ...this.#lines,
      `//# sourceURL=wasi-serve:abi/${url.replace(/[^\w@:.#/[\]-]/g, '_')}`,
    ].join('\n');
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- nothing comes in but by `js`
    return new Function('globals', 'slots', source)(globals, this.#slots) as unknown;
  }
}

function renderPiece(piece: CodePiece): string {
  if (typeof piece === 'number') return renderNumber(piece);
  if (typeof piece === 'string') return checkIdentifier(piece);
  if ('json' in piece) return JSON.stringify(piece.json);
  if ('object' in piece) return renderObject(piece);
  if ('source' in piece) return piece.source;
  return piece.map(checkIdentifier).join(', ');
}

function renderNumber(number: number): string {
  if (!Number.isSafeInteger(number)) throw new TypeError(`${number} is no integer for emitted code`);
  return number < 0 ? `(${number})` : String(number);
}

function checkIdentifier(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name for emitted code`);
  return name;
}

function renderObject({ object }: ObjectLiteral): string {
  return `{ ${object.map(([key, name]) => `${renderKey(key)}: ${checkIdentifier(name)}`).join(', ')} }`;
}

/** Written out, `__proto__` would set the prototype. */
function renderKey(key: string): string {
  if (key === '__proto__') throw new TypeError('__proto__ is no key for emitted code');
  return JSON.stringify(key);
}
