/**
 * JavaScript Promise Integration, which TypeScript's libraries do not declare yet.
 * Source: https://webassembly.github.io/js-promise-integration/js-api/
 */
declare namespace WebAssembly {
  /** An import that suspends the guest while the returned promise is pending. Opaque: it can only be used in an import object. */
  interface Suspending {
    readonly [Symbol.toStringTag]: 'WebAssembly.Suspending';
  }

  var Suspending: {
    readonly prototype: Suspending;
    new <Args extends readonly never[], Result>(importFunction: (...args: Args) => Result): Suspending;
  };

  /** Thrown by a suspension if there is a JavaScript frame, or no promising call, below the guest. */
  interface SuspendError extends Error {}

  var SuspendError: {
    readonly prototype: SuspendError;
    new (message?: string): SuspendError;
    (message?: string): SuspendError;
  };

  /** A function that calls the export on its own stack, which Suspending imports can suspend. */
  function promising<Args extends readonly unknown[], Result>(
    exportedFunction: (...args: Args) => Result,
  ): (...args: Args) => Promise<Awaited<Result>>;
}
