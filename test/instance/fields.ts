import { Session } from 'node:inspector';
import { inspect } from 'node:util';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

/** Objects that are not looked into, and what stands for them. */
type Leaf = (object: object, field: string) => string | undefined;

interface Shown {
  readonly objectId?: string;
}

/**
 * Lists everything that can be reached from an object: each of its fields, private ones too, and those of what they hold. Nobody has to say which
 * fields there are: V8's inspector knows.
 *
 * The creator must dispose it.
 */
export class Fields implements Disposable {
  readonly #session = new Session();
  readonly #leaf: Leaf;

  constructor(leaf: Leaf) {
    this.#leaf = leaf;
    this.#session.connect();
  }

  /** All objects that can be reached. */
  reach(root: object): ReadonlySet<object> {
    const paths = new Map<object, string>();
    this.#walk(root, paths);
    return new Set(paths.keys());
  }

  /** Shape: the path at which a value was found, and its value, or the path at which it was found before. */
  list(root: object): Record<string, string> {
    return this.#walk(root, new Map());
  }

  #walk(root: object, paths: Map<object, string>): Record<string, string> {
    const found: Record<string, string> = {};
    const open: [path: string, object: object][] = [['', root]];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const [path, object] = next;
      paths.set(object, path);
      for (const [name, value] of this.#partsOf(object)) {
        const at = `${path}.${name}`;
        const leaf = describe(value) ?? this.#leaf(value as object, `${object.constructor?.name}.${name}`);
        const known = leaf ?? paths.get(value as object);
        found[at] = known ?? (value as object).constructor?.name ?? 'object';
        if (known === undefined) {
          paths.set(value as object, at);
          open.push([at, value as object]);
        }
      }
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #partsOf(object: object): (readonly [name: string, value: unknown])[] {
    if (object instanceof Map)
      return [...object].flatMap(
        ([key, value], at) =>
          [
            [`key ${at}`, key],
            [`value ${at}`, value],
          ] as const,
      );
    if (object instanceof Set) return [...object].map((value, at) => [`${at}`, value] as const);
    if (object instanceof WebAssembly.Table)
      return Array.from({ length: object.length }, (_, at) => [`${at}`, object.get(at) as unknown]);
    if (object instanceof WebAssembly.Global) return [['value', valueOf(object)]];
    const own = Reflect.ownKeys(object).map((key) => [String(key), Reflect.get(object, key) as unknown] as const);
    return [...own, ...this.#privateFieldsOf(object)];
  }

  #privateFieldsOf(object: object): (readonly [name: string, value: unknown])[] {
    const sink: { object: object; values: unknown[] } = { object, values: [] };
    const holder = globalThis as { fieldsOf?: typeof sink };
    holder.fieldsOf = sink;
    const { objectId } = this.#post('Runtime.evaluate', { expression: 'fieldsOf.object' })['result'] as Shown;
    const properties = this.#post('Runtime.getProperties', { objectId, ownProperties: true })['privateProperties'] as
      | { name: string; value?: Shown }[]
      | undefined;
    const fields = (properties ?? []).filter(({ value }) => value !== undefined);
    if (fields.length === 0) return [];
    this.#post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: 'function (...values) { fieldsOf.values = values; }',
      arguments: fields.map(({ value }) => (value?.objectId === undefined ? value : { objectId: value.objectId })),
    });
    delete holder.fieldsOf;
    return fields.map(({ name }, index) => [name, sink.values[index]] as const);
  }

  #post(method: string, params: object): Record<string, unknown> {
    let answer: Record<string, unknown> | undefined;
    this.#session.post(method, params, (error, result) => {
      if (error === null) answer = result as Record<string, unknown>;
    });
    if (answer === undefined) throw new Error(`V8 does not answer ${method}`);
    return answer;
  }
}

/** The value itself, if it has no parts to inspect. */
function describe(value: unknown): string | undefined {
  if (typeof value === 'function') return `a function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : inspect(value);
  return value === null ? 'null' : undefined;
}

/** Modules that give the bits of a float in a global, which JavaScript cannot see. */
const READERS = await Promise.all(
  (['f32', 'f64'] as const).map(async (type) => {
    const integer = type === 'f32' ? 'i32' : 'i64';
    const wat = `(module (import "" "global" (global (mut ${type})))
      (func (export "bits") (result ${integer}) (${integer}.reinterpret_${type} (global.get 0))))`;
    return new WebAssembly.Module((await parse(wat)) as BufferSource);
  }),
);

/** A float's bits; exceptions and vectors JavaScript cannot read. */
function valueOf(global: WebAssembly.Global): unknown {
  for (const reader of READERS) {
    try {
      const { exports } = new WebAssembly.Instance(reader, { '': { global } });
      return (exports['bits'] as () => unknown)();
    } catch {
      // It is of another type.
    }
  }
  try {
    return global.value;
  } catch {
    return 'unreadable';
  }
}
