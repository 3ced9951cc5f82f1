import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startUpstream } from '../harness/upstream.ts';
import { LEAST, PERMISSION_ONLY, ROOT } from './permissions.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

describe("under Node's permission model, with the least of permissions", () => {
  test.each(['hello', 'js-fetch-event', 'print'])('%s is served', async (guest) => {
    await using serving = await servingOn([guestPath(guest)], LEAST);
    for (let request = 0; request < 3; request++) expect((await fetch(serving.origin)).status).toBe(200);
  });

  test('a guest sends requests', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => outgoing.end('from upstream'));
    await using serving = await servingOn([guestPath('proxy')], LEAST);
    const reply = await fetch(`${serving.origin}/?url=${encodeURIComponent(upstream.origin)}`);
    expect(await reply.text()).toBe('from upstream');
  });

  test('a guest writes files only with the permission to', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'wasi-serve-permission-'));
    const read = `--allow-fs-read=${dir} --allow-fs-read=/proc/self/fd`;
    const args = ['run', '-C', 'cache=no', '--dir', `${dir}::/d`, guestPath('command'), 'write', '/d/file', 'text'];
    const options = `${LEAST.NODE_OPTIONS} ${read}`;
    // Node's warnings come between the pieces of what the guest says.
    const env = { NODE_NO_WARNINGS: '1' };
    const denied = await runWasiServe(args, { ...env, NODE_OPTIONS: options });
    expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining('write: Operation not permitted') });
    const written = await runWasiServe(args, { ...env, NODE_OPTIONS: `${options} --allow-fs-write=/proc/self/fd` });
    expect(written.code).toBe(0);
    rmSync(dir, { recursive: true });
  });

  test('without the permission to start threads it says that guests are not interrupted', async () => {
    await using serving = await servingOn([guestPath('hello')], { NODE_OPTIONS: PERMISSION_ONLY });
    await serving.until('stderr', /^ {2}preemption {2}off: .*--allow-worker/m);
    expect((await fetch(serving.origin)).status).toBe(200);
  });

  test('a signal stops it gracefully', async () => {
    await using serving = await servingOn([guestPath('hello')], LEAST);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });
});

const HELLO = guestPath('hello');
const READ = `--permission --allow-fs-read=${ROOT}`;

describe('without a permission that it takes, it says which and how to give it, and ends with 1', () => {
  test.each([
    ['the network', READ, [HELLO], /^error: serving: Node's --permission mode lacks --allow-net: add it$/],
    [
      'processes',
      `${READ} --allow-net`,
      [HELLO, '--workers', '2'],
      /^error: --workers 2: Node's --permission mode lacks --allow-child-process: add it$/,
    ],
    [
      'the network and processes',
      `${READ} --allow-worker`,
      [HELLO, '--workers', '2'],
      /^error: --workers 2: Node's --permission mode lacks --allow-net and --allow-child-process: add them$/,
    ],
    [
      'threads, for jco',
      `${READ} --allow-net`,
      [HELLO, '--engine', 'jco', '-C', 'cache=no'],
      /^error: .* cannot be transpiled with jco: that requires a thread, but Node's --permission mode lacks --allow-worker: add it$/,
    ],
    [
      'the component',
      `${READ} --allow-net`,
      ['/nowhere/app.wasm'],
      /^error: cannot read \/nowhere\/app\.wasm: Node's --permission mode lacks --allow-fs-read=\/nowhere\/app\.wasm: add it$/,
    ],
    [
      'the component, with workers',
      `${READ} --allow-net --allow-child-process`,
      ['/nowhere/app.wasm', '--workers', '1'],
      /^error: cannot read \/nowhere\/app\.wasm: Node's --permission mode lacks --allow-fs-read=\/nowhere\/app\.wasm: add it$/,
    ],
    [
      'a file of fields',
      `${READ} --allow-net`,
      [HELLO, '-H', '@/etc/hosts'],
      /^error: cannot read the fields in \/etc\/hosts: Node's --permission mode lacks --allow-fs-read=\/etc\/hosts: add it$/,
    ],
    [
      'one of its own files',
      `--permission --allow-net --allow-fs-read=${ROOT}/src --allow-fs-read=${ROOT}/node_modules`,
      [HELLO],
      /^error: Node's --permission mode lacks --allow-fs-read=.*\/package\.json: add it$/,
    ],
  ])('%s', async (_name, options, args, message) => {
    const { code, stderr } = await runWasiServe(args, { NODE_OPTIONS: options });
    const lines = stderr.split('\n').filter((line) => line !== '' && !/^\(.*(?:Warning|trace-warnings)/.test(line));
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(code).toBe(1);
  });

  test('its own files', async () => {
    const bin = promisify(execFile)(process.execPath, ['--permission', '--allow-net', 'src/bin.ts', HELLO], {
      cwd: ROOT,
    });
    await expect(bin).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: Node's --permission mode lacks --allow-fs-read for wasi-serve's own files \(.*\): add /m,
      ),
    });
  });
});

test('in an app without the network `listen` rejects, and outgoing requests are denied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
  const program = join(folder, 'app.ts');
  writeFileSync(
    program,
    `import { createHost, loadComponent } from '${ROOT}/src/index.ts';
const host = createHost(await loadComponent('${ROOT}/${guestPath('outbound-get')}', { cache: false }));
console.log((await (await host.fetch(new Request('http://localhost/?url=http%3A%2F%2F127.0.0.1%2F'))).text()).trim());
await host.listen({ hostname: '127.0.0.1', port: 0 }).catch(({ code, message }) => console.log(code, message));
await host.close();
`,
  );
  const args = ['--permission', `--allow-fs-read=${ROOT}`, `--allow-fs-read=${folder}`, program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.split('\n')).toEqual([
    'error: ErrorCode::HttpRequestDenied',
    "not-supported cannot listen on http://127.0.0.1:0 (--addr): Node's --permission mode lacks --allow-net: add it",
    '',
  ]);
  rmSync(folder, { recursive: true });
});
