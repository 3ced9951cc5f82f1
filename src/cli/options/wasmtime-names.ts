/** The groups of wasmtime's options. */
export type WasmtimeGroup = 'S' | 'W' | 'C' | 'O' | 'D';

/**
 * The names of wasmtime's options that we do not have. They are accepted without effect, so that commands for wasmtime keep working.
 *
 * Source: `wasmtime serve -S help` and so on, of versions 25 to 48.
 */
export const WASMTIME_NAMES: Readonly<Record<WasmtimeGroup, ReadonlySet<string>>> = {
  S: namesOf(
    'cli-exit-with-code cwd inherit-stdin listenfd max-component-handles network-error-code nn nn-graph p3 preview0 tcplisten threads tls',
  ),
  W: namesOf(
    'all-proposals async-stack-size async-stack-zeroing bulk-memory component-model component-model-async component-model-async-builtins ' +
      'component-model-async-stackful component-model-error-context component-model-fixed-length-lists component-model-gc ' +
      'component-model-threading concurrency-support custom-page-sizes epoch-interruption exceptions extended-const fuel ' +
      'function-references gc gc-support max-instances max-memories max-tables max-wasm-stack memory64 multi-memory multi-value ' +
      'nan-canonicalization reference-types relaxed-simd relaxed-simd-deterministic shared-everything-threads shared-memory simd ' +
      'stack-switching tail-call threads trap-on-grow-failure unknown-exports-allow unknown-imports-default unknown-imports-trap ' +
      'wide-arithmetic wmemcheck',
  ),
  C: namesOf(
    'cache-config collector compiler cranelift-debug-verifier inlining native-unwind-info parallel-compilation pcc',
  ),
  O: namesOf(
    'dynamic-memory-guard-size dynamic-memory-reserved-for-growth guard-before-linear-memory memory-guaranteed-dense-image-size ' +
      'memory-guard-size memory-init-cow memory-may-move memory-reservation memory-reservation-for-growth opt-level pooling-allocator ' +
      'pooling-async-stack-keep-resident pooling-decommit-batch-size pooling-max-component-instance-size pooling-max-core-instance-size ' +
      'pooling-max-core-instances-per-component pooling-max-memories-per-component pooling-max-memories-per-module ' +
      'pooling-max-memory-protection-keys pooling-max-memory-size pooling-max-tables-per-component pooling-max-tables-per-module ' +
      'pooling-max-unused-warm-slots pooling-memory-keep-resident pooling-memory-protection-keys pooling-pagemap-scan ' +
      'pooling-table-elements pooling-table-keep-resident pooling-total-component-instances pooling-total-core-instances ' +
      'pooling-total-gc-heaps pooling-total-memories pooling-total-stacks pooling-total-tables regalloc-algorithm ' +
      'signals-based-traps static-memory-forced static-memory-guard-size static-memory-maximum-size table-lazy-init',
  ),
  D: namesOf('address-map coredump debug-info log-to-files logging'),
};

/** What is always linked: `-S cli` has no further effect. */
export const ALWAYS_LINKED: ReadonlySet<string> = namesOf(
  'cli common config http inherit-stderr inherit-stdout preview2',
);

/** wasmtime's compiler settings, whose names it does not list: `-C cranelift-NAME`. */
export const COMPILER_PREFIX = 'cranelift-';

function namesOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
