import type { PreparedModule } from './prepared-module.ts';

/** The host functions that rewritten modules call, the same for all instances. */
export interface ReservedFunctions {
  /** Called by a module that saw the word set; absent if nothing sets it. */
  readonly interrupt: WebAssembly.ExportValue | undefined;
  /** Called before a module grows a memory. */
  readonly takePages: WebAssembly.ExportValue;
  /** Called before a module grows a table. */
  readonly takeElements: WebAssembly.ExportValue;
}

/** Sets the globals that the rewriter left for the host, before any code of the module runs. `caller` is the instance for which the functions are called. */
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
