/** More than real names take; back references could make a name of any length. */
const MAX_STEPS = 2000;

const BASIC: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'i8',
    b: 'bool',
    c: 'char',
    d: 'f64',
    e: 'str',
    f: 'f32',
    h: 'u8',
    i: 'isize',
    j: 'usize',
    l: 'i32',
    m: 'u32',
    n: 'i128',
    o: 'u128',
    p: '_',
    s: 'i16',
    t: 'u16',
    u: '()',
    v: '...',
    x: 'i64',
    y: 'u64',
    z: '!',
  }),
);

/** The path of a function of Rust: `core::fmt::write`. `undefined` if the name is not one, or more than we read. Source: Rust RFC 2603, "Symbol grammar". */
export function demangleV0(name: string): string | undefined {
  const mangled = /^_R([A-Z].*?)(?:\.llvm\..*)?$/s.exec(name)?.[1];
  if (mangled === undefined) return undefined;
  try {
    return new Demangler(mangled).path();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Throws `RangeError` if the text is not as it should be. */
class Demangler {
  readonly #text: string;
  #at = 0;
  #steps = 0;

  constructor(text: string) {
    this.#text = text;
  }

  path(): string {
    const tag = this.#step();
    switch (tag) {
      case 'C':
        return this.#identifier().name;
      case 'M':
        this.#implPath();
        return `<${this.#type()}>`;
      case 'X':
        this.#implPath();
        return this.#asTrait();
      case 'Y':
        return this.#asTrait();
      case 'N':
        return this.#nested();
      case 'I': {
        const path = this.path();
        return `${path}<${this.#list(() => this.#genericArgument()).join(', ')}>`;
      }
      case 'B':
        return this.#backReference(() => this.path());
      default:
        throw new RangeError(`unknown path ${tag}`);
    }
  }

  #asTrait(): string {
    const type = this.#type();
    return `<${type} as ${this.path()}>`;
  }

  #nested(): string {
    const namespace = this.#next();
    const path = this.path();
    const { name, disambiguator } = this.#identifier();
    if (/[a-z]/.test(namespace)) return name === '' ? path : `${path}::${name}`;
    const kind = namespace === 'C' ? 'closure' : namespace === 'S' ? 'shim' : namespace;
    return `${path}::{${kind}${name === '' ? '' : `:${name}`}#${disambiguator}}`;
  }

  #type(): string {
    const tag = this.#peek();
    const basic = BASIC.get(tag);
    if (basic !== undefined) {
      this.#step();
      return basic;
    }
    if (/[CMXYNI]/.test(tag)) return this.path();
    this.#step();
    switch (tag) {
      case 'A': {
        const type = this.#type();
        return `[${type}; ${this.#constant()}]`;
      }
      case 'S':
        return `[${this.#type()}]`;
      case 'T':
        return this.#tuple();
      case 'R':
      case 'Q': {
        this.#lifetime();
        return `&${tag === 'Q' ? 'mut ' : ''}${this.#type()}`;
      }
      case 'P':
        return `*const ${this.#type()}`;
      case 'O':
        return `*mut ${this.#type()}`;
      case 'F':
        return this.#functionType();
      case 'D':
        return this.#dynamicType();
      case 'B':
        return this.#backReference(() => this.#type());
      default:
        throw new RangeError(`unknown type ${tag}`);
    }
  }

  #tuple(): string {
    const types = this.#list(() => this.#type());
    return types.length === 1 ? `(${types[0]},)` : `(${types.join(', ')})`;
  }

  #functionType(): string {
    if (this.#takes('G')) this.#base62();
    this.#takes('U');
    if (this.#takes('K') && !this.#takes('C')) this.#undisambiguated();
    const params = this.#list(() => this.#type()).join(', ');
    const result = this.#type();
    return `fn(${params})${result === '()' ? '' : ` -> ${result}`}`;
  }

  #dynamicType(): string {
    if (this.#takes('G')) this.#base62();
    const bounds = this.#list(() => {
      let trait = this.path();
      while (this.#takes('p')) trait += `[${this.#undisambiguated()} = ${this.#type()}]`;
      return trait;
    });
    this.#lifetime();
    return `dyn ${bounds.join(' + ')}`;
  }

  #genericArgument(): string {
    if (this.#takes('K')) return this.#constant();
    if (this.#takes('L')) {
      this.#base62();
      return "'_";
    }
    return this.#type();
  }

  /** Numbers in hexadecimal are told in decimal. */
  #constant(): string {
    if (this.#takes('B')) return this.#backReference(() => this.#constant());
    const type = this.#step();
    if (type === 'p') return '_';
    const sign = this.#takes('n') ? '-' : '';
    const digits = this.#match(/[0-9a-f]*/y);
    if (!this.#takes('_')) throw new RangeError('a constant without its end');
    const value = digits === '' ? 0n : BigInt(`0x${digits}`);
    if (type === 'b') return value === 0n ? 'false' : 'true';
    return `${sign}${value}`;
  }

  #lifetime(): void {
    if (this.#takes('L')) this.#base62();
  }

  #implPath(): void {
    if (this.#takes('s')) this.#base62();
    this.path();
  }

  #identifier(): { readonly name: string; readonly disambiguator: number } {
    const disambiguator = this.#takes('s') ? this.#base62() + 1 : 0;
    return { name: this.#undisambiguated(), disambiguator };
  }

  /** Names in Punycode stay so. */
  #undisambiguated(): string {
    this.#takes('u');
    const byteLength = Number(this.#match(/0|[1-9]\d{0,5}/y) || NaN);
    this.#takes('_');
    const end = this.#at + byteLength;
    if (!(end <= this.#text.length)) throw new RangeError('a name longer than the text');
    const name = this.#text.slice(this.#at, end);
    this.#at = end;
    return name;
  }

  #backReference(read: () => string): string {
    const before = this.#at - 1;
    const target = this.#base62();
    if (target >= before) throw new RangeError('a reference forwards');
    const after = this.#at;
    this.#at = target;
    const text = read();
    this.#at = after;
    return text;
  }

  #list<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    while (!this.#takes('E')) items.push(read());
    return items;
  }

  /** Shape: `_` is 0, digits and `_` are their value and 1. */
  #base62(): number {
    if (this.#takes('_')) return 0;
    let value = 0;
    for (const digit of this.#match(/[0-9A-Za-z]{1,12}/y)) value = value * 62 + DIGITS.indexOf(digit);
    if (!this.#takes('_')) throw new RangeError('a number without its end');
    return value + 1;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #takes(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false;
    this.#at += 1;
    return true;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #next(): string {
    const letter = this.#peek();
    if (letter === '') throw new RangeError('the text ends too early');
    this.#at += 1;
    return letter;
  }

  #step(): string {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new RangeError('too long a name');
    return this.#next();
  }
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
