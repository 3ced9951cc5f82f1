/**
 * Exceptions of WebAssembly, which TypeScript's libraries do not declare yet.
 * Source: WebAssembly JavaScript interface 3.0, "Tags", "Exceptions"
 */
declare namespace WebAssembly {
  /** Opaque: only an import object takes it. */
  interface Tag {
    readonly [Symbol.toStringTag]: 'WebAssembly.Tag';
  }

  /** The tag of what JavaScript throws, whose payload is that as an externref. */
  const JSTag: Tag;

  /** What a guest throws, as JavaScript catches it. */
  interface Exception {
    readonly [Symbol.toStringTag]: 'WebAssembly.Exception';
  }

  var Exception: {
    readonly prototype: Exception;
    new (tag: Tag, payload: readonly unknown[]): Exception;
  };
}
