/**
 * What the host provides to a guest, and the JavaScript shape of the values that pass between them.
 *
 * | WIT                                | JavaScript                                             |
 * |------------------------------------|--------------------------------------------------------|
 * | `bool`, `s8`…`u32`, `f32`, `f64`   | `boolean`, `number`                                    |
 * | `s64`, `u64`                       | `bigint`                                               |
 * | `char`, `string`                   | `string`                                               |
 * | `list<u8>`, `list<T>`, `tuple<…>`  | `Uint8Array`, `T[]`, `[…]`                             |
 * | `record`, `flags`                  | object with camelCase keys, each flag a boolean        |
 * | `enum`                             | the case's name, as WIT spells it                      |
 * | `variant`                          | `{ tag: 'case-name', val }`                            |
 * | `option<T>`                        | `T` or `undefined`; a nested option is `{ tag, val }`  |
 * | `result<T, E>`                     | `Result<T, E>`                                         |
 * | `own<R>`, `borrow<R>`              | the object that is the resource's rep                  |
 *
 * Source: the JavaScript bindings that jco generates, except that a fallible function returns its `Result`.
 */

/** A host function. Its arguments are the context of the call (a request's), for a method the rep of `self`, then the parameters of the WIT function. */
export type HostFunc<Ctx> = (ctx: Ctx, ...args: never[]) => unknown;

/** The class of a resource's reps: only its instances can become handles. Dropping the last handle calls `[Symbol.dispose]` if the rep has one. */
export interface ResourceClass {
  readonly prototype: object;
}

/** WIT in binary form: a world that imports interfaces. Source: the `component-type` section that wit-component writes. */
export interface EncodedWit {
  /** The name for messages. */
  readonly label: string;
  readonly decode: () => Uint8Array;
}

/**
 * A WIT interface as the host provides it. It is static: nothing in it belongs to a request.
 *
 * @example
 * ```ts
 * const greet: HostInterface<WasiCtx> = {
 *   name: 'acme:greeter/greet',
 *   version: '1.0.0',
 *   resources: {},
 *   mayWait: [],
 *   funcs: { hello: (_ctx: WasiCtx, name: string) => `Hello, ${name}!` },
 *   wit: 'package acme:greeter@1.0.0; interface greet { hello: func(name: string) -> string; }',
 * };
 * const component = await loadComponent('app.wasm', { interfaces: [greet] });
 * ```
 */
export interface HostInterface<Ctx> {
  /** The name without version: `wasi:http/types`. */
  readonly name: `${string}:${string}/${string}`;
  /** The newest version provided. It matches imports of the same major version (before 1.0: the same minor version) that are not newer. */
  readonly version: string;
  /** The class of the reps of each resource that this interface defines, by WIT name. */
  readonly resources: Readonly<Record<string, ResourceClass>>;
  /** The functions, by the WIT's mangled name: `now`, `[constructor]fields`, `[static]fields.from-list`, `[method]fields.get`. */
  readonly funcs: Readonly<Record<string, HostFunc<Ctx>>>;
  /** The names in `funcs` that may return a promise. All others return immediately, and never suspend the guest. */
  readonly mayWait: readonly string[];
  /**
   * The types of the functions: the text of the WIT package that defines the interface. Other packages that it uses are nested in the same text, with the
   * parts that are used. The resources of a WASI package, or of another interface that is served, are the same resources here.
   *
   * A component that declares a function, type or resource of the interface differently is refused when it is loaded, so functions receive values of the
   * types that they were written for. Without `wit`, values have the types that the component declares, which may be any. Only resources are certain:
   * `self` of a method, and anything declared to be one of `resources`, is an instance of its class. Check all other arguments before use.
   *
   * An interface that replaces one of WASI's needs no `wit`: it is checked against WASI's types.
   */
  readonly wit?: string | EncodedWit;
}
