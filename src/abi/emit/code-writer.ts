import { HostError } from '../../util/host-error.ts';

/** A type that needs more lines than this is meant to exhaust the host. */
const MAX_LINES = 50_000;

/** A text that becomes a string literal in the code. */
export interface StringLiteral {
  readonly json: string;
}

/** An object literal: its keys, and the names of the values. */
export interface ObjectLiteral {
  readonly object: readonly (readonly [key: string, name: string])[];
}

/** What may be interpolated into code: an identifier, a list of identifiers, a number, a literal, or other code. */
export type CodePiece = string | number | readonly string[] | StringLiteral | ObjectLiteral | Code;

/** A piece of code made with `js`. */
export interface Code {
  readonly source: string;
}

/**
 * All code must be made with this tag. It rejects interpolated values that could be parsed as anything other than intended.
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

  /** Writes a statement, or part of one. */
  line(code: Code): void {
    if (++this.#written > MAX_LINES) {
      throw new HostError(
        'not-supported',
        `a type of the component needs more than ${MAX_LINES} lines of generated code`,
      );
    }
    this.#lines.push(code.source);
  }

  /** Writes `const name = …` and returns the name, so that the value is read at this point. */
  bind({ source }: Code): string {
    const name = this.fresh();
    this.line({ source: `const ${name} = ${source};` });
    return name;
  }

  /** A unique name. */
  fresh(): string {
    return `v${this.#names++}`;
  }

  /** The name of a value passed to the code from outside. */
  slot(value: unknown): string {
    const known = this.#slots.indexOf(value);
    return `k${known === -1 ? this.#slots.push(value) - 1 : known}`;
  }

  /** Writes a separate function, with the code that `body` writes. */
  func(name: string, params: readonly string[], body: () => void): void {
    const outer = this.#lines;
    this.#lines = [];
    this.line(js`function ${name}(${params}) {`);
    body();
    this.line(js`}`);
    this.#functions.push(this.#lines.join('\n'));
    this.#lines = outer;
  }

  /** Runs the code and returns its result. `globals` are the names that it may use besides its own. */
  run(url: string, globals: Readonly<Record<string, unknown>>): unknown {
    const source = [
      "'use strict';",
      `const { ${Object.keys(globals).map(checkIdentifier).join(', ')} } = globals;`,
      `const [${this.#slots.map((_, i) => `k${i}`).join(', ')}] = slots;`,
      ...this.#functions,
      ...this.#lines,
      `//# sourceURL=wasi-serve:abi/${url.replace(/[^\w@:.#/[\]-]/g, '_')}`,
    ].join('\n');
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- all code is made with `js`
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
  if (!Number.isSafeInteger(number)) throw new TypeError(`invalid integer in emitted code: ${number}`);
  return number < 0 ? `(${number})` : String(number);
}

function checkIdentifier(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name))
    throw new TypeError(`invalid name in emitted code: ${JSON.stringify(name)}`);
  return name;
}

function renderObject({ object }: ObjectLiteral): string {
  return `{ ${object.map(([key, name]) => `${renderKey(key)}: ${checkIdentifier(name)}`).join(', ')} }`;
}

/** In an object literal, `__proto__` would set the prototype. */
function renderKey(key: string): string {
  if (key === '__proto__') throw new TypeError('invalid key in emitted code: __proto__');
  return JSON.stringify(key);
}
