import { expect, test } from 'vitest';
import { createHost, loadComponent } from '../../src/index.ts';
import { toLoadConfig, toServeConfig } from '../../src/config/to-serve-config.ts';
import { listOptions } from '../../src/config/named-option.ts';
import { HostError } from '../../src/util/host-error.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { formatOrigin } from '../../src/server/http1/listen.ts';
import { guestFile } from '../harness/guests.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';

test('an option that is undefined is as by default', () => {
  const given = Object.fromEntries(listOptions().map(({ key }) => [key, undefined]));
  expect(toServeConfig({ ...given, limits: undefined })).toEqual(toServeConfig({}));
  expect(toServeConfig({ limits: { maxHeldBytes: undefined } })).toEqual(toServeConfig({}));
});

test('every default is a value that its option takes', () => {
  for (const { key, option } of listOptions()) {
    if (option.default === undefined || key === 'workers') continue;
    expect(option.kind.check(option.default), key).toBeUndefined();
  }
});

test('limits that are not given are as by default', () => {
  const { maxReadBytes, maxTotalHeldBytes } = DEFAULT_LIMITS;
  const { limits } = toServeConfig({ limits: { maxHeldBytes: 1 } });
  expect(limits).toMatchObject({ maxHeldBytes: 1, maxReadBytes, maxTotalHeldBytes });
});

const MS = 'give a whole number of milliseconds from 0 to 2147483647, 0 for no limit';

test.each([
  [{ timeoutMs: '5s' }, `invalid timeoutMs '5s': ${MS}`],
  [{ timeoutMs: -5 }, `invalid timeoutMs -5: ${MS}`],
  [{ timeoutMs: NaN }, `invalid timeoutMs NaN: ${MS}`],
  [{ timeoutMs: Infinity }, `invalid timeoutMs Infinity: ${MS}`],
  [{ timeoutMs: 1.5 }, `invalid timeoutMs 1.5: ${MS}`],
  [{ timeoutMs: null }, `invalid timeoutMs null: ${MS}`],
  [{ headTimeoutMs: 0 }, 'invalid headTimeoutMs 0: give a whole number of milliseconds from 1 to 2147483647'],
  [{ maxConcurrentRequests: 0 }, 'invalid maxConcurrentRequests 0: give a whole number from 1'],
  [{ maxHeadBytes: '16KiB' }, "invalid maxHeadBytes '16KiB': give a whole number of bytes from 1"],
  [{ env: { A: 1 } }, 'invalid env { A: 1 }: the value of A has to be a string'],
  [{ env: ['A=1'] }, "invalid env [ 'A=1' ]: give an object, { NAME: value }"],
  [{ requestHeaders: { a: 'b' } }, "invalid requestHeaders { a: 'b' }: give an array of [name, value]"],
  [
    { requestHeaders: [['host', 'a']] },
    /^invalid requestHeaders .*: give each as \[name, value\], without names that /,
  ],
  [{ clock: 'rough' }, "invalid clock 'rough': give 'exact' or 'coarse'"],
  [{ outbound: '*' }, "invalid outbound '*': give an array of strings"],
  [{ outbound: ['ftp://a.test'] }, /^invalid outbound pattern 'ftp:\/\/a\.test'/],
  [{ writeGuestOutput: 'stderr' }, "invalid writeGuestOutput 'stderr': give a function"],
  [{ limits: { maxHeldBytes: 0 } }, 'invalid limits.maxHeldBytes 0: give a whole number of bytes from 1'],
  [{ limits: { maxOutbound: -1 } }, 'invalid limits.maxOutbound -1: give a whole number from 0'],
  [{ limits: 7 }, 'invalid limits 7: give an object'],
  [{ timoutMs: 5 }, "unknown option 'timoutMs' of createHost: did you mean timeoutMs?"],
  [{ timeoutMS: 5 }, "unknown option 'timeoutMS' of createHost: did you mean timeoutMs?"],
  [{ limits: { maxHeldByte: 5 } }, "unknown limit 'maxHeldByte' of createHost: did you mean maxHeldBytes?"],
  [{ colour: 'red' }, /^unknown option 'colour' of createHost: there are .*\btimeoutMs\b/],
  [{ constructor: 1 }, /^unknown option 'constructor'/],
  [{ engine: 'jco' }, 'engine is an option of loadComponent, and not of createHost'],
  [{ limits: { maxMemoryBytes: 5 } }, 'limits.maxMemoryBytes is an option of loadComponent, and not of createHost'],
  ['fast', "invalid options of createHost 'fast': give an object"],
] as [object, string | RegExp][])('%j is refused by createHost', async (options, message) => {
  const hello = await loadComponent(guestFile('hello'));
  const refused = expect(() => createHost(hello, options));
  refused.toThrow(HostError);
  refused.toThrow(message);
});

test.each([
  [{ engine: 'v8' }, "invalid engine 'v8': give one of auto, linker, jco"],
  [{ enigne: 'jco' }, "unknown option 'enigne' of loadComponent: did you mean engine?"],
  [{ cache: true }, 'invalid cache true: give the path of a folder, or false'],
  [{ timeoutMs: 5 }, 'timeoutMs is an option of host.mount, and not of loadComponent'],
  [{ limits: { maxMemoryByte: 5 } }, "unknown limit 'maxMemoryByte' of loadComponent: did you mean maxMemoryBytes?"],
] as [object, string][])('%j is refused by loadComponent', async (options, message) => {
  await expect(loadComponent(guestFile('hello'), options)).rejects.toThrow(new HostError('bad-argument', message));
});

test.each([
  [{ timeoutMs: 5 }, 'timeoutMs is an option of host.mount, and not of createHost'],
  [{ limits: { maxHeldBytes: 5 } }, 'limits.maxHeldBytes is an option of host.mount, and not of createHost'],
  [{ drainTimeoutMs: -1 }, /^invalid drainTimeoutMs -1: /],
] as [object, string | RegExp][])('%j is refused by createHost without a component', (options, message) => {
  expect(() => createHost(options)).toThrow(message);
});

test('a component is mounted with its own options only', async () => {
  await using host = createHost();
  const hello = await loadComponent(guestFile('hello'));
  const mount = (options: object) => (): void => host.mount('/', hello, options);
  expect(mount({ maxHeaders: 5 })).toThrow('maxHeaders is an option of host.listen, and not of host.mount');
  expect(mount({ cpuTimeoutMs: '5s' })).toThrow("invalid cpuTimeoutMs '5s'");
  expect(mount({ timeoutMs: 5 })).not.toThrow();
});

test('a port has its own options only, and the others of its host', async () => {
  await using host = createHost({ maxTargetBytes: 10, maxHeaders: 3 }, () => undefined);
  host.mount('/', await loadComponent(guestFile('hello')));
  const address = { hostname: '127.0.0.1', port: 0 };
  const wrong = host.listen(address, { timeoutMs: 5 } as object);
  await expect(wrong).rejects.toThrow('timeoutMs is an option of host.mount, and not of host.listen');
  const { address: bound } = await host.listen(address, { maxTargetBytes: 20, maxHeaders: undefined });
  const statusOf = async (target: string, ...lines: string[]): Promise<number> =>
    (await requestRaw(formatOrigin(bound), rawGet(target, ...lines))).status;
  expect(await statusOf('/123456789012345')).toBe(200);
  expect(await statusOf('/12345678901234567890')).toBe(414);
  expect(await statusOf('/', 'A: 1', 'B: 2', 'C: 3')).toBe(431);
});

test('what stands among the options of a load stays as it is', () => {
  const given = { label: 'a.wasm', engine: undefined };
  expect(toLoadConfig(given, ['label'])).toMatchObject({
    label: 'a.wasm',
    engine: 'auto',
    limits: { maxNesting: 100 },
  });
});
