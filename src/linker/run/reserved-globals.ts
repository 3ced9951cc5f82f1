import type { PreparedModule } from './prepared-module.ts';

/** What rewritten modules call on the host, the same for all instances. */
export interface ReservedFunctions {
  /** What a module calls that saw the word set; nothing if nobody sets it. */
  readonly interrupt: WebAssembly.ExportValue | undefined;
  /** What a module calls before it asks V8 for pages. */
  readonly takePages: WebAssembly.ExportValue;
  /** What a module calls before it asks V8 for elements of a table. */
  readonly takeElements: WebAssembly.ExportValue;
}

/** Fills the globals that the rewriter left for the host: `caller` is the instance that the functions are called for. Before any code of the module runs. */
export function fillReservedGlobals(
  exports: WebAssembly.Exports,
  rewritten: PreparedModule['rewritten'],
  caller: unknown,
  { interrupt, takePages, takeElements }: ReservedFunctions,
): void {
  const { callerExport, interruptExport, takePagesExport, takeElementsExport } = rewritten;
  if (callerExport !== undefined) (exports[callerExport] as WebAssembly.Global).value = caller;
  if (interruptExport !== undefined) (exports[interruptExport] as WebAssembly.Global).value = interrupt;
  if (takePagesExport !== undefined) (exports[takePagesExport] as WebAssembly.Global).value = takePages;
  if (takeElementsExport !== undefined) (exports[takeElementsExport] as WebAssembly.Global).value = takeElements;
}
