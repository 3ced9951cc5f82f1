import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeGroup, parseWasmtimeFlags } from '../../src/cli/options/wasmtime-flags.ts';
import { WASMTIME_NAMES, type WasmtimeGroup } from '../../src/cli/options/wasmtime-names.ts';
import { withConfigFile } from '../../src/cli/options/with-config-file.ts';
import type { GivenFlags } from '../../src/cli/options/read-settings.ts';
import { listOptions } from '../../src/config/named-option.ts';
import { guestPath, runWasiServe, servingOn, wasiServe } from './wasi-serve.ts';

const HELLO = guestPath('hello');
const PROGRAM = guestPath('command');

/** The names of wasmtime 50.0.1: `wasmtime serve -S help` and so on. */
const NAMES: Readonly<Record<WasmtimeGroup, string>> = {
  O:
    'dynamic-memory-guard-size dynamic-memory-reserved-for-growth gc-heap-guard-size gc-heap-initial-size gc-heap-may-move ' +
    'gc-heap-reservation gc-heap-reservation-for-growth gc-zeal-alloc-counter guard-before-linear-memory ' +
    'memory-guaranteed-dense-image-size memory-guard-size memory-init-cow memory-may-move memory-reservation ' +
    'memory-reservation-for-growth opt-level pooling-allocator pooling-async-stack-keep-resident pooling-decommit-batch-size ' +
    'pooling-max-component-instance-size pooling-max-core-instance-size pooling-max-core-instances-per-component ' +
    'pooling-max-memories-per-component pooling-max-memories-per-module pooling-max-memory-protection-keys pooling-max-memory-size ' +
    'pooling-max-tables-per-component pooling-max-tables-per-module pooling-max-unused-warm-slots pooling-memory-keep-resident ' +
    'pooling-memory-protection-keys pooling-pagemap-scan pooling-table-elements pooling-table-keep-resident ' +
    'pooling-total-component-instances pooling-total-core-instances pooling-total-gc-heaps pooling-total-memories pooling-total-stacks ' +
    'pooling-total-tables regalloc-algorithm signals-based-traps static-memory-forced static-memory-guard-size ' +
    'static-memory-maximum-size table-lazy-init',
  C:
    'cache cache-config collector compile-time-builtin compiler cranelift-debug-verifier inlining metadata-for-gc-heap-corruption ' +
    'metadata-for-internal-asserts native-unwind-info parallel-compilation unsafe-intrinsics',
  D:
    'address-map arg coredump debug-info debugger guest-debug inherit-stderr inherit-stdin inherit-stdout log-to-files logging ' +
    'max-backtrace symbols',
  W:
    'all-proposals async-stack-size async-stack-zeroing branch-hinting bulk-memory compact-imports component-model ' +
    'component-model-accessors component-model-async component-model-async-stackful component-model-canonical-names ' +
    'component-model-error-context component-model-fixed-length-lists component-model-gc component-model-implements component-model-map ' +
    'component-model-memory64 component-model-more-async-builtins component-model-threading concurrency-support custom-page-sizes ' +
    'epoch-interruption exceptions extended-const fuel function-references gc gc-support max-instances max-memories max-memory-size ' +
    'max-table-elements max-tables max-wasm-stack memory64 multi-memory multi-value nan-canonicalization reference-types relaxed-simd ' +
    'relaxed-simd-deterministic shared-everything-threads shared-memory simd stack-switching tail-call threads timeout ' +
    'trap-on-grow-failure unknown-exports-allow unknown-imports-default unknown-imports-trap wide-arithmetic wmemcheck',
  S:
    'allow-ip-name-lookup cli cli-exit-with-code common config config-var cwd hostcall-fuel http http-outgoing-body-buffer-chunks ' +
    'http-outgoing-body-chunk-size inherit-env inherit-network inherit-stderr inherit-stdin inherit-stdout keyvalue ' +
    'keyvalue-in-memory-data max-component-handles max-http-fields-size max-random-size max-resources network-error-code nn nn-graph p3 ' +
    'preview0 preview2 tcp tcplisten threads tls udp',
  R: 'event-window-size path validation-metadata',
};

const ROWS = (Object.entries(NAMES) as [WasmtimeGroup, string][]).flatMap(([group, names]) =>
  names.split(' ').map((name) => [group, name] as const),
);

const NONE = { S: [], W: [], C: [], O: [], D: [], R: [] };

describe("wasmtime's options", () => {
  test.each(ROWS)('-%s %s has its effect, or is named among those without', (group, name) => {
    const { spelled, ignored } = parseWasmtimeFlags({ ...NONE, [group]: [name] }, listOptions());
    const isOurs = spelled.length === 1;
    const isAlwaysOn = describeGroup(group, listOptions()).notes.some(
      (note) => note.startsWith('Always on:') && note.includes(name),
    );
    expect([isOurs, ignored.length === 1, isAlwaysOn].filter(Boolean)).toHaveLength(1);
    if (ignored.length > 0) expect(WASMTIME_NAMES[group].has(name)).toBe(true);
  });

  test.each([
    ['--max-instance-concurrent-reuse-count', '16'],
    ['--allow-precompiled'],
    ['--target', 'x86_64-unknown-linux-gnu'],
    ['-g', '1234'],
    ['-R', 'path=trace.bin'],
    ['-O', 'opt-level=2'],
  ])('%s %s is taken by serve with a line that says it has no effect', async (...flag) => {
    await using serving = await servingOn([HELLO, ...flag]);
    const [line = ''] = await serving.until('stderr', /^note: without effect here: .*$/m);
    expect(line).toMatch(flag[0].startsWith('--') ? flag[0] : /--gdbstub|-R path=trace.bin|-O opt-level=2/);
  });

  test('of run are taken by run in the same way', async () => {
    const flags = ['--allow-precompiled', '--preload', 'a=b.wasm', '-O', 'opt-level=2'];
    const { code, stdout, stderr } = await runWasiServe(['run', ...flags, PROGRAM, 'args', 'x']);
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('note: without effect here: --preload, --allow-precompiled, -O opt-level=2\n');
    expect(stdout).toContain('x');
  });

  test('--max-concurrent-connections is --max-connections', async () => {
    await using serving = await servingOn([HELLO, '--max-concurrent-connections', '123']);
    await serving.until('stderr', /--max-connections 123$/m);
  });

  test('--argv0 is the name that a program gets', async () => {
    const { stdout } = await runWasiServe(['run', '--argv0', 'other-name', PROGRAM, 'args', 'x']);
    expect(stdout).toContain('other-name');
  });

  test('-S cwd is the working directory that a guest is told', async () => {
    await using serving = await servingOn([guestPath('env'), '-S', 'cwd=/srv/app']);
    expect(await (await fetch(serving.origin)).text()).toContain('/srv/app');
  });
});

/** As the command line gives it. */
function given(path: string): GivenFlags {
  return { flags: new Map([['config', [path]]]), limits: [], ignored: [], wasmtime: NONE };
}

describe('--config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasmtime-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function configFile(text: string): string {
    const path = join(folder, `${crypto.randomUUID()}.toml`);
    writeFileSync(path, text);
    return path;
  }

  test('is a file of options, which those of the command line override', async () => {
    const path = configFile(
      '[wasi]\ninherit-env = true\ncwd = "/from/file"\n\n[wasm]\ntimeout = "7s"\n[optimize]\nopt-level = 2\n',
    );
    await using serving = wasiServe([guestPath('env'), '--config', path, '-W', 'timeout=9s', '--addr', '127.0.0.1:0'], {
      FROM_PROCESS: 'yes',
    });
    const [, origin = ''] = await serving.until('stderr', /Serving HTTP on (\S+)\//);
    await serving.until('stderr', /^note: without effect here: -O opt-level=2$/m);
    const text = await (await fetch(origin)).text();
    expect(text).toContain('FROM_PROCESS=yes');
    expect(text).toContain('/from/file');
    expect(serving.text.stderr).toContain('9 s per request');
  });

  test('is for run too', async () => {
    const path = configFile('[wasi]\ninherit-env = true\n');
    const { stdout } = await runWasiServe(['run', '--config', path, PROGRAM, 'env', 'FROM_PROCESS'], {
      FROM_PROCESS: 'yes',
    });
    expect(stdout).toContain('yes');
  });

  test.each([
    ['[wasi]\ninherit-env = [true]\n', /\[wasi\] inherit-env: write true, false, a number/],
    ['[wasi]\ncwd = "a,b"\n', /without commas/],
    ['[wasl]\n', /unknown table \[wasl\]: there are optimize, codegen, debug, wasm, wasi, record/],
    ['wasi = 1\n', /wasi is not a table/],
    ['[wasi\n', /--config \S+: Invalid TOML document/],
  ])('that holds %j is refused', async (text, message) => {
    await expect(withConfigFile(given(configFile(text)))).rejects.toThrow(message);
  });

  test('that is not there, or has an unknown option, is refused with 2', async () => {
    const missing = await runWasiServe([HELLO, '--config', join(folder, 'missing.toml')]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: --config \S+: ENOENT/) });
    const unknown = await runWasiServe([HELLO, '--config', configFile('[wasi]\ninherit-nev = true\n')]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/unknown option '-S inherit-nev'.*inherit-env/);
  });
});
