/**
 * WebAssembly exceptions, which TypeScript's libraries do not declare yet.
 * Source: WebAssembly JavaScript interface 3.0, "Tags", "Exceptions"
 */
declare namespace WebAssembly {
  /** Opaque: it can only be used in an import object. */
  interface Tag {
    readonly [Symbol.toStringTag]: 'WebAssembly.Tag';
  }

  /** The tag of JavaScript exceptions, whose payload is the thrown value as an externref. */
  const JSTag: Tag;

  /** An exception thrown by a guest, as JavaScript catches it. */
  interface Exception {
    readonly [Symbol.toStringTag]: 'WebAssembly.Exception';
  }

  var Exception: {
    readonly prototype: Exception;
    new (tag: Tag, payload: readonly unknown[]): Exception;
  };
}
