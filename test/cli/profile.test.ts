import type { Profiler } from 'node:inspector';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { BUILD_MS, buildDebugGuest } from '../harness/debug-guest.ts';
import { until } from '../harness/until.ts';
import { guestPath, runWasiServe, servingOn, wasiServe } from './wasi-serve.ts';

type Profile = Profiler.Profile;
type Node = Profiler.ProfileNode;

const SPIN = guestPath('spin');
/** The only function of a guest's that has a name if its names were stripped. */
const HANDLE = /^wasi:http\/incoming-handler@0\.2\.\d+#handle$/;

const readProfile = (path: string): Profile => JSON.parse(readFileSync(path, 'utf8')) as Profile;

/** The names of all functions below the frame at the root that is named after the file. */
function namesBelow({ nodes }: Profile, file: string): Set<string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const childrenOf = ({ children = [] }: Node): Node[] => children.map((id) => byId.get(id) as Node);
  const roots = childrenOf(nodes[0] as Node).filter(({ callFrame }) => callFrame.functionName === file);
  expect(roots.length).toBeLessThanOrEqual(1);
  const names = new Set<string>();
  const open = roots.flatMap(childrenOf);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    names.add(node.callFrame.functionName);
    open.push(...childrenOf(node));
  }
  return names;
}

function expectSound({ nodes, samples = [], timeDeltas = [], startTime, endTime }: Profile): void {
  const ids = new Set(nodes.map(({ id }) => id));
  expect(nodes[0]?.callFrame.functionName).toBe('(root)');
  expect(samples.every((id) => ids.has(id))).toBe(true);
  expect(samples.length).toBeGreaterThan(0);
  expect(timeDeltas.length).toBe(samples.length);
  expect(endTime).toBeGreaterThan(startTime);
}

const textOf = async (url: string): Promise<string> => await (await fetch(url)).text();

/** A serving process that makes profiles when it is asked to. */
async function profiledOn(args: readonly string[]): Promise<Awaited<ReturnType<typeof servingOn>> & { admin: string }> {
  const serving = await servingOn([...args, '--admin-addr', '127.0.0.1:0', '--debug-endpoints']);
  const [, admin = ''] = await serving.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
  return { ...serving, admin };
}

/** A guest that has names. */
let named = '';

beforeAll(async () => {
  named = await buildDebugGuest('spin');
}, BUILD_MS);

describe('--profile', () => {
  test.each(['linker', 'jco'])("has the names of a guest's functions, with the %s engine", async (engine) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-test-'));
    const path = join(folder.path, 'p.cpuprofile');
    await using serving = await servingOn([named, '--engine', engine, '--profile', path]);
    expect(await textOf(`${serving.origin}/?ms=300`)).toBe('computed\n');
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).toContain(`Profile written to ${path}\n`);
    const profile = readProfile(path);
    expectSound(profile);
    const names = namesBelow(profile, 'spin.wasm');
    expect(names).toContain('spin::compute');
    expect(names).toContain('spin::spin');
    expect(Array.from(names).some((name) => HANDLE.test(name))).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['p.cpuprofile']);
  });

  test('writes one file for each worker', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-test-'));
    const path = join(folder.path, 'p.cpuprofile');
    await using serving = await servingOn([SPIN, '--workers', '2', '--profile', path]);
    const [, first = '', second = ''] = await serving.until('stderr', /2: processes (\d+), (\d+)$/m);
    await textOf(`${serving.origin}/?ms=300`);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    const files = [`p.${first}.cpuprofile`, `p.${second}.cpuprofile`];
    expect(readdirSync(folder.path).toSorted()).toEqual(files.toSorted());
    const profiles = files.map((file) => readProfile(join(folder.path, file)));
    for (const profile of profiles) expectSound(profile);
    expect(profiles.some((profile) => [...namesBelow(profile, 'spin.wasm')].some((name) => HANDLE.test(name)))).toBe(
      true,
    );
  });

  test('is of a program too, which ends as it would, also by a signal', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-test-'));
    const paths = ['exits', 'is-ended'].map((name) => join(folder.path, `${name}.cpuprofile`));
    const [exits = '', isEnded = ''] = paths;
    expect(await runWasiServe(['run', '--profile', exits, guestPath('command'), 'exit', '1'])).toMatchObject({
      code: 1,
      stderr: `Profile written to ${exits}\n`,
    });
    await using running = wasiServe(['run', '--profile', isEnded, guestPath('command'), 'flood', '200000000']);
    await running.until('stdout', /./);
    running.kill('SIGINT');
    expect(await running.ended).toBe('SIGINT');
    for (const path of paths) expectSound(readProfile(path));
  });

  test.each([
    [['--profile', '/nowhere/p.cpuprofile'], 1, /cannot write the profile \(--profile\): .*ENOENT/],
    [['--debug-endpoints'], 2, /add --admin-addr/],
  ])('%j is refused', async (args, code, message) => {
    const refused = await runWasiServe([SPIN, '--addr', '127.0.0.1:0', ...args]);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
  });

  test("tells which of Node's permissions is missing", async () => {
    const permissions = ['--permission', '--allow-net', '--allow-worker', '--allow-fs-read=/', '--allow-fs-write=/'];
    await using refused = wasiServe([SPIN, '--addr', '127.0.0.1:0', '--profile', '/tmp/p.cpuprofile'], {
      NODE_OPTIONS: permissions.join(' '),
    });
    expect(await refused.ended).toBe(1);
    expect(refused.text.stderr).toMatch(/a profile cannot be made: .*--allow-inspector: add it/);
  });
});

describe('/debug/profile', () => {
  test.each([[[]], [['--workers', '2']]])('is a download of what guests do meanwhile, with %j', async (args) => {
    await using serving = await profiledOn([SPIN, ...args]);
    const asked = fetch(`${serving.admin}/debug/profile?seconds=1`);
    await Promise.all([1, 2, 3, 4].map(() => textOf(`${serving.origin}/?ms=300`)));
    const response = await asked;
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="wasi-serve-.*\.cpuprofile"$/);
    const profile = (await response.json()) as Profile;
    expectSound(profile);
    expect([...namesBelow(profile, 'spin.wasm')].some((name) => HANDLE.test(name))).toBe(true);
    // One second of each process.
    expect(profile.endTime - profile.startTime).toBeGreaterThan((args.length === 0 ? 1 : 2) * 900_000);
  });

  test.each([[[]], [['--workers', '2']]])('is made once at a time, and ends with its client, with %j', async (args) => {
    await using serving = await profiledOn([SPIN, ...args]);
    const url = `${serving.admin}/debug/profile`;
    const leaving = new AbortController();
    const first = fetch(`${url}?seconds=300`, { signal: leaving.signal }).catch(() => 'left');
    const statusOf = async (): Promise<number> => {
      const response = await fetch(`${url}?seconds=1`);
      await response.text();
      return response.status;
    };
    await until(async () => (await statusOf()) === 409);
    leaving.abort();
    expect(await first).toBe('left');
    await until(async () => (await statusOf()) === 200);
  });

  test.each(['0', '301', '-1', '1.5', '', 'x', '1e2'])('of %j seconds is refused', async (seconds) => {
    await using serving = await profiledOn([SPIN]);
    const response = await fetch(`${serving.admin}/debug/profile?seconds=${seconds}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('seconds has to be a whole number from 1 to 300\n');
  });

  test('is for GET only, for no guest, and not there without --debug-endpoints', async () => {
    await using serving = await profiledOn([guestPath('outbound-get')]);
    const url = `${serving.admin}/debug/profile?seconds=1`;
    for (const method of ['POST', 'HEAD']) expect((await fetch(url, { method })).status).toBe(405);
    expect(await textOf(`${serving.origin}/?url=${encodeURIComponent(url)}`)).toContain('not for guests');
    await using plain = await servingOn([SPIN, '--admin-addr', '127.0.0.1:0']);
    const [, admin = ''] = await plain.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
    expect((await fetch(`${admin}/debug/profile?seconds=1`)).status).toBe(404);
  });
});
