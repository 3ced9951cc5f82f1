/** The groups of wasmtime's options. */
export type WasmtimeGroup = 'S' | 'W' | 'C' | 'O' | 'D' | 'R';

/**
 * The names of wasmtime's options that we do not have. They are accepted without effect, so that commands for wasmtime keep working.
 *
 * Source: `wasmtime serve -S help` and so on, of versions 25 to 50.
 */
export const WASMTIME_NAMES: Readonly<Record<WasmtimeGroup, ReadonlySet<string>>> = {
  S: namesOf('inherit-stdin listenfd network-error-code nn nn-graph p3 preview0 tcplisten threads tls'),
  W: namesOf(
    'all-proposals async-stack-size async-stack-zeroing branch-hinting bulk-memory compact-imports component-model component-model-accessors ' +
      'component-model-async component-model-async-builtins component-model-canonical-names component-model-implements component-model-map ' +
      'component-model-memory64 component-model-more-async-builtins ' +
      'component-model-async-stackful component-model-error-context component-model-fixed-length-lists component-model-gc ' +
      'component-model-threading concurrency-support custom-page-sizes epoch-interruption exceptions extended-const fuel ' +
      'function-references gc gc-support max-tables max-wasm-stack memory64 multi-memory multi-value ' +
      'nan-canonicalization reference-types relaxed-simd relaxed-simd-deterministic shared-everything-threads shared-memory simd ' +
      'stack-switching tail-call threads unknown-exports-allow unknown-imports-default unknown-imports-trap ' +
      'wide-arithmetic wmemcheck',
  ),
  C: namesOf(
    'cache-config collector compile-time-builtin compiler cranelift-debug-verifier inlining metadata-for-gc-heap-corruption ' +
      'metadata-for-internal-asserts native-unwind-info parallel-compilation pcc unsafe-intrinsics',
  ),
  O: namesOf(
    'dynamic-memory-guard-size dynamic-memory-reserved-for-growth gc-heap-guard-size gc-heap-initial-size gc-heap-may-move gc-heap-reservation ' +
      'gc-heap-reservation-for-growth gc-zeal-alloc-counter guard-before-linear-memory memory-guaranteed-dense-image-size ' +
      'memory-guard-size memory-init-cow memory-may-move memory-reservation memory-reservation-for-growth opt-level pooling-allocator ' +
      'pooling-async-stack-keep-resident pooling-decommit-batch-size pooling-max-component-instance-size pooling-max-core-instance-size ' +
      'pooling-max-core-instances-per-component pooling-max-memories-per-component pooling-max-memories-per-module ' +
      'pooling-max-memory-protection-keys pooling-max-memory-size pooling-max-tables-per-component pooling-max-tables-per-module ' +
      'pooling-max-unused-warm-slots pooling-memory-keep-resident pooling-memory-protection-keys pooling-pagemap-scan ' +
      'pooling-table-elements pooling-table-keep-resident pooling-total-component-instances pooling-total-core-instances ' +
      'pooling-total-gc-heaps pooling-total-memories pooling-total-stacks pooling-total-tables regalloc-algorithm ' +
      'signals-based-traps static-memory-forced static-memory-guard-size static-memory-maximum-size table-lazy-init',
  ),
  D: namesOf(
    'address-map arg coredump debug-info debugger inherit-stderr inherit-stdin inherit-stdout log-to-files logging max-backtrace symbols',
  ),
  R: namesOf('event-window-size path validation-metadata'),
};

/** A flag of wasmtime's that has no effect here: commands for wasmtime keep working, and are told so. */
interface IgnoredFlag {
  readonly flags: string;
  readonly command: 'serve' | 'run' | 'both';
}

/** Source: `wasmtime serve --help` and `wasmtime run --help` of version 50. */
export const IGNORED_FLAGS: readonly IgnoredFlag[] = [
  { flags: '--max-instance-concurrent-reuse-count <n>', command: 'serve' },
  { flags: '--preload <name=module>', command: 'run' },
  { flags: '--allow-precompiled', command: 'both' },
  { flags: '--target <triple>', command: 'both' },
  { flags: '-g, --gdbstub <[address:]port>', command: 'both' },
];

/** What is always linked: `-S cli` has no further effect. */
export const ALWAYS_LINKED: ReadonlySet<string> = namesOf(
  'cli cli-exit-with-code common config http inherit-stderr inherit-stdout preview2',
);

/** Names of wasmtime's that mean the same as others. */
export const SAME_NAMES: ReadonlyMap<string, string> = new Map([['S max-component-handles', 'S max-resources']]);

/** wasmtime's compiler settings, whose names it does not list: `-C cranelift-NAME`. */
export const COMPILER_PREFIX = 'cranelift-';

function namesOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
