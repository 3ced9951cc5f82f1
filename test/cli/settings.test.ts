import { describe, expect, test } from 'vitest';
import { type GivenFlags, type Settings, readSettings } from '../../src/cli/options/read-settings.ts';
import { shareAmong } from '../../src/cli/options/limit-flags.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { HostError } from '../../src/util/host-error.ts';

interface Given {
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly limits?: readonly string[];
  readonly wasmtime?: Partial<GivenFlags['wasmtime']>;
}

function read({ flags = {}, limits = [], wasmtime = {} }: Given, env: NodeJS.ProcessEnv = {}): Settings {
  const none = { S: [], W: [], C: [], O: [], D: [], R: [] };
  return readSettings(
    { flags: new Map(Object.entries(flags)), limits, ignored: [], wasmtime: { ...none, ...wasmtime } },
    env,
  );
}

describe("wasmtime's options", () => {
  test.each([
    [{ S: ['inherit-env'] }, { command: { inheritEnv: true } }],
    [{ S: ['cli,inherit-env=y', 'http'] }, { command: { inheritEnv: true } }],
    [{ S: ['inherit-env', 'inherit-env=n'] }, { command: { inheritEnv: false } }],
    [{ W: ['timeout=5s'] }, { component: { timeoutMs: 5000 } }],
    [{ W: ['timeout=5s,timeout=1'] }, { component: { timeoutMs: 1000 } }],
    [{ W: ['timeout=0'] }, { component: { timeoutMs: 0 } }],
    [{ C: ['cache=/tmp/x'] }, { load: { cache: '/tmp/x' } }],
    [{ C: ['cache=no'] }, { load: { cache: false } }],
    [{ C: ['cache'] }, { load: { cache: undefined } }],
    [{ S: ['cli,common,http,preview2=y'] }, { notices: [] }],
    [
      { S: ['config,config-var=a=1', 'config-var=b=x=y'] },
      { component: { configVars: { a: '1', b: 'x=y' } }, notices: [] },
    ],
    [
      { S: ['nn,cli=n'], O: ['opt-level=2'], D: ['logging'] },
      { notices: ['without effect here: -S nn, -S cli=n, -O opt-level=2, -D logging'] },
    ],
    [
      { W: ['max-wasm-stack=1,timeout=1s'], C: ['cranelift-x=y'] },
      { notices: ['without effect here: -W max-wasm-stack=1, -C cranelift-x=y'] },
    ],
  ] as const)('%j', (wasmtime, expected) => {
    expect(read({ wasmtime })).toMatchObject(expected);
  });

  test.each([
    [{ S: ['inherit-enw'] }, "unknown option '-S inherit-enw': did you mean inherit-env? (see -S help)"],
    [{ W: ['timout=5s'] }, "unknown option '-W timout': did you mean timeout? (see -W help)"],
    [{ C: ['bogus'] }, "unknown option '-C bogus' (see -C help)"],
    [{ O: ['optlevel=2'] }, "unknown option '-O optlevel': did you mean opt-level? (see -O help)"],
    [{ D: ['x'] }, "unknown option '-D x' (see -D help)"],
    [{ S: ['inherit-env=maybe'] }, "invalid -S inherit-env 'maybe': write y or n"],
    [{ S: ['cli=maybe'] }, "invalid -S cli 'maybe': write y or n"],
    [{ W: ['timeout'] }, "invalid -W timeout '': write 30s, 500ms, 2m or a number of seconds, 0 for no limit"],
    [{ C: ['cache='] }, "invalid -C cache '': name a folder, or write no"],
  ])('%j is refused', (wasmtime, message) => {
    expect(() => read({ wasmtime })).toThrow(new HostError('bad-argument', message));
  });

  test('set limits too', () => {
    const W = ['max-memory-size=1048576,max-table-elements=9'];
    const S = [
      'max-resources=3',
      'hostcall-fuel=10,max-random-size=11,max-http-fields-size=12',
      'http-outgoing-body-chunk-size=13,http-outgoing-body-buffer-chunks=14',
    ];
    const { load, component, notices } = read({ wasmtime: { W, S } });
    expect({ ...load.limits, ...component.limits }).toEqual({
      maxMemoryBytes: 1024 ** 2,
      maxTableElements: 9,
      maxHandles: 3,
      maxCallBytes: 10,
      maxRandomBytes: 11,
      maxFieldsBytes: 12,
      maxWriteBytes: 13,
      maxBufferedWrites: 14,
    });
    expect(notices).toEqual([]);
  });
});

describe('limits on guests', () => {
  test('are read by name, the last of one name', () => {
    const limits = ['handles=5', 'memory-bytes=1GiB', 'outbound=0', 'handles=7', 'total-held-bytes=1MB'];
    const { load, host, component } = read({ limits });
    expect(load.limits).toEqual({ maxHandles: 7, maxMemoryBytes: 1024 ** 3 });
    expect(host.limits).toEqual({ maxTotalHeldBytes: 1e6 });
    expect(component.limits).toEqual({ maxOutbound: 0 });
  });

  test('have the last word over those that are spelled as in wasmtime', () => {
    const { load } = read({ limits: ['handles=5'], wasmtime: { S: ['max-resources=3'] } });
    expect(load.limits).toEqual({ maxHandles: 5 });
  });

  test.each([
    ['handles', '--limit handles needs a value: use --limit handles=VALUE'],
    ['handle=1', "unknown limit 'handle': did you mean handles?"],
    ['=', /^unknown limit '': use name=value; the names are component-bytes, /],
    ['handles=', "invalid --limit handles '': write a whole number from 0"],
    ['handles=-1', "invalid --limit handles '-1': write a whole number from 0"],
    ['memory-bytes=0', "invalid --limit memory-bytes '0': write at least 1 byte"],
    ['buffered-writes=0', "invalid --limit buffered-writes '0': write a whole number from 1"],
  ])('%j is refused', (text, message) => {
    expect(() => read({ limits: [text] })).toThrow(message);
  });

  test("share the machine's memory among workers", () => {
    expect(4 * shareAmong(4).maxTotalMemoryBytes).toBe(DEFAULT_LIMITS.maxTotalMemoryBytes);
  });
});

describe('environment variables', () => {
  test.each([
    [{ WASI_SERVE_ADDR: ':9000' }, { command: { addresses: [{ hostname: '127.0.0.1', port: 9000 }] } }],
    [{ WASI_SERVE_MAX_HEAD: '32KiB' }, { listener: { maxHeadBytes: 32 * 1024 } }],
    [{ WASI_SERVE_MAX_CONCURRENT_REQUESTS: '7' }, { host: { maxConcurrentRequests: 7 } }],
    [{ WASI_SERVE_TIMEOUT: '5s' }, { component: { timeoutMs: 5000 } }],
    [{ WASI_SERVE_CACHE: 'no' }, { load: { cache: false } }],
    [{ WASI_SERVE_INHERIT_ENV: 'yes' }, { command: { inheritEnv: true } }],
    [{ WASI_SERVE_DEV: 'on', WASI_SERVE_COARSE_CLOCK: 'off' }, { component: { errorDetail: 'shown', clock: 'exact' } }],
    [{ WASI_SERVE_NO_LOGGING_PREFIX: '1' }, { component: { loggingPrefix: 'hidden' } }],
    [{ WASI_SERVE_LIMIT_FIELDS_BYTES: '1KiB' }, { component: { limits: { maxFieldsBytes: 1024 } } }],
    [{ WASI_SERVE_ENV: 'A=1, 2\nB=3\n' }, { component: { env: { A: '1, 2', B: '3' } } }],
    [
      { WASI_SERVE_HEADER: 'x-a: 1\nx-b: 2' },
      {
        component: {
          requestHeaders: [
            ['x-a', '1'],
            ['x-b', '2'],
          ],
        },
      },
    ],
    [
      { WASI_SERVE_OUTBOUND: 'https://a.test, http://10.0.0.0/8' },
      { component: { outbound: ['https://a.test', 'http://10.0.0.0/8'] } },
    ],
    [{ WASI_SERVE_MAX_HEAD: '' }, { listener: {} }],
  ])('%j', (env, expected) => {
    expect(read({}, env)).toMatchObject(expected);
  });

  test('have less to say than flags, whose lists take the place of theirs', () => {
    const env = {
      WASI_SERVE_TIMEOUT: '5s',
      WASI_SERVE_GRACE: '1s',
      WASI_SERVE_LIMIT_HANDLES: '1',
      WASI_SERVE_OUTBOUND: 'https://a.test',
    };
    const flags = { grace: ['2s'], outbound: ['https://b.test'] };
    const { component, load } = read({ flags, limits: ['handles=2'], wasmtime: { W: ['timeout=3s'] } }, env);
    expect(component).toEqual({ timeoutMs: 3000, graceMs: 2000, outbound: ['https://b.test'] });
    expect(load).toEqual({ limits: { maxHandles: 2 } });
  });

  test.each([
    [
      { WASI_SERVE_TIMOUT: '5s' },
      'unknown option in the environment, WASI_SERVE_TIMOUT: did you mean WASI_SERVE_TIMEOUT?',
    ],
    [
      { WASI_SERVE_TIMEOUT: 'soon' },
      "invalid WASI_SERVE_TIMEOUT 'soon': write 30s, 500ms, 2m or a number of seconds, 0 for no limit",
    ],
    [{ WASI_SERVE_DEV: 'maybe' }, "invalid WASI_SERVE_DEV 'maybe': write y or n"],
  ])('%j is refused', (env, message) => {
    expect(() => read({}, env)).toThrow(new HostError('bad-argument', message));
  });

  test('that Kubernetes sets for a service called wasi-serve are none of ours', () => {
    const env = {
      WASI_SERVE_SERVICE_HOST: '10.0.0.1',
      WASI_SERVE_SERVICE_PORT: '80',
      WASI_SERVE_SERVICE_PORT_HTTP: '80',
      WASI_SERVE_PORT: 'tcp://10.0.0.1:80',
      WASI_SERVE_PORT_80_TCP: 'tcp://10.0.0.1:80',
      WASI_SERVE_PORT_80_TCP_PROTO: 'tcp',
      WASI_SERVE_APP_SERVICE_HOST: '10.0.0.2',
      WASI_SERVE_APP_PORT: 'tcp://10.0.0.2:80',
    };
    expect(read({}, env)).toEqual(read({}));
  });
});
