/**
 * What the host gives to a guest, and the JavaScript shape of the values that pass between them.
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

/** A host function: the context of the call first, a request's, for a method then the rep of `self`, then the parameters of the WIT function. */
export type HostFunc<Ctx> = (ctx: Ctx, ...args: never[]) => unknown;

/** The class of a resource's reps: nothing but its instances becomes a handle. Dropping the last handle calls `[Symbol.dispose]` where the rep has one. */
export interface ResourceClass {
  readonly prototype: object;
}

/** WIT in its binary form: a world that imports interfaces. Source: the `component-type` section that wit-component writes. */
export interface EncodedWit {
  /** For messages. */
  readonly label: string;
  readonly decode: () => Uint8Array;
}

/** One WIT interface as the host serves it. Static: nothing in it belongs to a request. */
export interface HostInterface<Ctx> {
  /** Without version: `wasi:http/types`. */
  readonly name: `${string}:${string}/${string}`;
  /** The newest version served; imports of the same major (before 1.0: the same minor) and no newer match. */
  readonly version: string;
  /** WIT resource name to the class of its reps, for resources that this interface defines. */
  readonly resources: Readonly<Record<string, ResourceClass>>;
  /** By the WIT's mangled name: `now`, `[constructor]fields`, `[static]fields.from-list`, `[method]fields.get`. */
  readonly funcs: Readonly<Record<string, HostFunc<Ctx>>>;
  /** Names in `funcs` that may return a promise. All others answer at once and are never suspended. */
  readonly mayWait: readonly string[];
  /**
   * The types of the functions: the text of the WIT package that defines the interface. Other packages that it uses stand nested
   * in the same text, with what is used of them; one of WASI's, or of another interface that is served, means the same resources there.
   *
   * A component that declares a function, a type or a resource of the interface otherwise is refused when it is loaded, so functions get
   * values of the types that they were written for. Without `wit` a component's own declaration is all that says what they get: values are
   * then of the types that the component declares, which may be any. Only resources are certain: `self` of a method, and whatever is declared
   * to be one of `resources`, is an instance of its class. Check all other arguments before use.
   *
   * An interface that takes the place of one of WASI's needs none: it is held to WASI's types.
   */
  readonly wit?: string | EncodedWit;
}
