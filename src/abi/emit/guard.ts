import { casesOf, type Kind, type TypeOf, type VariantLike } from '../despecialize.ts';
import type { HostFunc, HostInterface } from '../host-interface.ts';
import { isTaggedOption, toKey } from '../shape.ts';
import { Trap } from '../../util/trap.ts';
import type { ResourceType, ValType } from '../types.ts';
import { type Code, CodeWriter, js } from './code-writer.ts';

/** The parameters of functions, without a method's `self`, by mangled name. A function that is left out has none. */
export type ParamsByFunc = Readonly<Record<string, readonly ValType[]>>;

/**
 * Returns the interface with functions that check their arguments: resources by class, everything else by shape. They trap if an argument does not match,
 * and if a function that must not wait returns a promise.
 *
 * The linker already checks the types that a component declares. These checks hold even if the linker's are wrong: no value of another type reaches the
 * host. Without `params`, only a method's `self` is checked.
 */
export function guardInterface<Ctx>(host: HostInterface<Ctx>, params?: ParamsByFunc): HostInterface<Ctx> {
  const funcs: Record<string, HostFunc<Ctx>> = {};
  for (const [name, func] of Object.entries(host.funcs)) {
    let guarded: HostFunc<Ctx> | undefined;
    // No component calls all functions, so the code of each is emitted when it is first read.
    const get = (): HostFunc<Ctx> => (guarded ??= emitGuarded(func, toGuard(host, name, params)));
    Object.defineProperty(funcs, name, { enumerable: true, get });
  }
  return Object.freeze({ ...host, funcs: Object.freeze(funcs) });
}

/** What a guarded function checks. */
interface Guard {
  /** `wasi:io/poll#poll` */
  readonly name: string;
  readonly params: readonly ValType[];
  /** Whether `params` are all of the function's parameters. */
  readonly arity: 'fixed' | 'unknown';
  readonly calling: 'sync' | 'may-wait';
}

function toGuard<Ctx>(host: HostInterface<Ctx>, name: string, params: ParamsByFunc | undefined): Guard {
  const others = params !== undefined && Object.hasOwn(params, name) ? params[name] : undefined;
  return {
    name: `${host.name}#${name}`,
    params: [...selfOf(host, name), ...(others ?? [])],
    arity: params === undefined ? 'unknown' : 'fixed',
    calling: host.mayWait.includes(name) ? 'may-wait' : 'sync',
  };
}

/** The type of a method's first parameter. */
function selfOf<Ctx>({ resources }: HostInterface<Ctx>, func: string): ValType[] {
  const name = /^\[method\]([^.]+)\./.exec(func)?.[1];
  if (name === undefined || !Object.hasOwn(resources, name)) return [];
  return [{ kind: 'borrow', resource: { name, repClass: resources[name] } }];
}

/** Emitted for each function, so that V8 can inline it, and `func` into it. */
function emitGuarded<Ctx>(func: HostFunc<Ctx>, { name, params, arity, calling }: Guard): HostFunc<Ctx> {
  const code = new CodeWriter();
  const args = params.map((_type, index) => `a${index}`);
  const passed = ['ctx', ...args];
  const rest = arity === 'unknown' ? js`, ...rest` : js``;
  code.line(js`return (${passed}${rest}) => {`);
  for (const [index, type] of params.entries()) emitCheck({ code, index }, type, args[index] ?? '');
  const result = code.bind(js`call(${passed}${rest})`);
  if (calling === 'sync') code.line(js`if (${result} instanceof Promise) refuseToWait(${result});`);
  code.line(js`return ${result}; };`);
  const globals = { call: func, misfit: createMisfit(name, params), refuseToWait: createRefusal(name) };
  return code.run(`guard/${name}`, globals) as HostFunc<Ctx>;
}

function createMisfit(name: string, params: readonly ValType[]): (index: number) => never {
  return (index) => {
    throw new Trap(`${name}: argument ${index + 1} is not ${describe(params[index])}`);
  };
}

function describe(t: ValType | undefined): string {
  if (t?.kind === 'own' || t?.kind === 'borrow') return `a resource ${t.resource.name}`;
  return `a valid ${t?.kind}`;
}

function createRefusal(name: string): (result: Promise<unknown>) => never {
  return (result) => {
    // Nothing awaits it.
    result.catch(() => undefined);
    throw new Trap(`${name} returned a promise, but is not listed in mayWait`);
  };
}

/** The code that checks one argument. */
interface Check {
  readonly code: CodeWriter;
  readonly index: number;
}

/** Emits code that traps unless the value named `v` is a `t` as produced by lifting. */
function emitCheck(c: Check, t: ValType, v: string): void {
  const emitKind: (c: Check, v: string, t: never) => void = CHECKS[t.kind];
  emitKind(c, v, t as never);
}

type Emit<K extends Kind> = (c: Check, v: string, t: TypeOf<K>) => void;

const CHECKS: { readonly [K in Kind]: Emit<K> } = {
  bool: (c, v) => emitMisfit(c, js`typeof ${v} !== 'boolean'`),
  u8: (c, v) => emitInteger(c, v, js`${v} & 255`),
  u16: (c, v) => emitInteger(c, v, js`${v} & 65535`),
  u32: (c, v) => emitInteger(c, v, js`${v} >>> 0`),
  u64: (c, v) => emitMisfit(c, js`typeof ${v} !== 'bigint' || BigInt.asUintN(64, ${v}) !== ${v}`),
  s8: (c, v) => emitInteger(c, v, js`(${v} << 24) >> 24`),
  s16: (c, v) => emitInteger(c, v, js`(${v} << 16) >> 16`),
  s32: (c, v) => emitInteger(c, v, js`${v} | 0`),
  s64: (c, v) => emitMisfit(c, js`typeof ${v} !== 'bigint' || BigInt.asIntN(64, ${v}) !== ${v}`),
  f32: (c, v) => emitMisfit(c, js`typeof ${v} !== 'number' || !Object.is(Math.fround(${v}), ${v})`),
  f64: (c, v) => emitMisfit(c, js`typeof ${v} !== 'number'`),
  char: (c, v) => emitMisfit(c, js`typeof ${v} !== 'string' || [...${v}].length !== 1`),
  string: (c, v) => emitMisfit(c, js`typeof ${v} !== 'string'`),
  list: emitList,
  record: (c, v, { fields }) => {
    emitIsObject(c, v);
    for (const { label, type } of fields) emitCheck(c, type, c.code.bind(js`${v}[${{ json: toKey(label) }}]`));
  },
  tuple: (c, v, { elements }) => {
    emitMisfit(c, js`!Array.isArray(${v}) || ${v}.length !== ${elements.length}`);
    for (const [i, type] of elements.entries()) emitCheck(c, type, c.code.bind(js`${v}[${i}]`));
  },
  variant: emitVariant,
  enum: (c, v, { labels }) => emitMisfit(c, js`!${c.code.slot(new Set(labels))}.has(${v})`),
  option: emitVariant,
  result: emitVariant,
  flags: (c, v, { labels }) => {
    emitIsObject(c, v);
    for (const label of labels) emitMisfit(c, js`typeof ${v}[${{ json: toKey(label) }}] !== 'boolean'`);
  },
  own: (c, v, { resource }) => emitResource(c, v, resource),
  borrow: (c, v, { resource }) => emitResource(c, v, resource),
};

function emitMisfit({ code, index }: Check, condition: Code): void {
  code.line(js`if (${condition}) misfit(${index});`);
}

/** `wrapped` is the value converted to an integer of its type. */
function emitInteger(c: Check, v: string, wrapped: Code): void {
  emitMisfit(c, js`typeof ${v} !== 'number' || (${wrapped}) !== ${v}`);
}

function emitIsObject(c: Check, v: string): void {
  emitMisfit(c, js`typeof ${v} !== 'object' || ${v} === null`);
}

function emitResource(c: Check, v: string, { name, repClass }: ResourceType): void {
  if (repClass === undefined) throw new TypeError(`unknown class of the resource ${name}`);
  emitMisfit(c, js`!(${v} instanceof ${c.code.slot(repClass)})`);
}

function emitList(c: Check, v: string, { element, length }: TypeOf<'list'>): void {
  const { code } = c;
  if (element.kind === 'u8') emitMisfit(c, js`!(${v} instanceof Uint8Array)`);
  else emitMisfit(c, js`!Array.isArray(${v})`);
  if (length !== undefined) emitMisfit(c, js`${v}.length !== ${length}`);
  if (element.kind === 'u8') return;
  const i = code.fresh();
  code.line(js`for (let ${i} = 0; ${i} < ${v}.length; ${i}++) {`);
  emitCheck(c, element, code.bind(js`${v}[${i}]`));
  code.line(js`}`);
}

function emitVariant(c: Check, v: string, t: Exclude<VariantLike, { kind: 'enum' }>): void {
  const { code } = c;
  if (t.kind === 'option' && !isTaggedOption(t)) {
    code.line(js`if (${v} !== undefined) {`);
    emitCheck(c, t.some, v);
    code.line(js`}`);
    return;
  }
  emitIsObject(c, v);
  code.line(js`switch (${v}.tag) {`);
  for (const { label, type } of casesOf(t)) {
    code.line(js`case ${{ json: label }}: {`);
    const value = code.bind(js`${v}.val`);
    if (type === undefined) emitMisfit(c, js`${value} !== undefined`);
    else emitCheck(c, type, value);
    code.line(js`break; }`);
  }
  code.line(js`default: misfit(${c.index}); }`);
}
