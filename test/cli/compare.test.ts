import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProbe } from '../../src/compare/differences/run-probe.ts';
import type { Comparison } from '../../src/compare/report/comparison.ts';
import { createSite } from '../../src/compare/machine/site.ts';
import { toProbe } from '../../src/compare/requests/probe.ts';
import { parsePeer } from '../../src/compare/servers/peer.ts';
import { startPeer } from '../../src/compare/servers/start-peer.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const ODD = join(import.meta.dirname, 'odd-server.js');
const PLAIN = toProbe('requests', 'GET /', { method: 'GET', target: '/', fields: [['Host', 'localhost']] });
/** Ourselves, with another isolation. */
const FRESH = `${process.execPath} src/main.ts serve {file} --addr {addr} --access-log off --isolation fresh`;

let folder = '';
let requests = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasi-serve-compare-'));
  requests = join(folder, 'requests.txt');
  writeFileSync(requests, '# two\ncurl http://any.test/one\n\ncurl -X POST \\\n  -d a=1 http://any.test/two\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const odd = (what: string): string => `${process.execPath} ${ODD} ${what} {addr}`;

function startOdd(site: ReturnType<typeof createSite>, what: string): ReturnType<typeof startPeer> {
  const toCommand = (address: string) => ({ file: process.execPath, args: [ODD, what, address] });
  return startPeer(site, { name: what, toCommand, probe: PLAIN, timeoutMs: 20_000 });
}

describe('each kind of difference is found, and no other', () => {
  test.each([
    ['same', []],
    ['status', ['status']],
    ['fields', ['field set-cookie']],
    ['body', ['body']],
    ['trailers', ['trailer x-sum']],
    ['end', ['end']],
    ['late', ['first byte']],
    ['broken', ['reply', 'end']],
  ])('%s', async (what, expected) => {
    using site = createSite(new AbortController().signal);
    await using same = await startOdd(site, 'same');
    await using other = await startOdd(site, what);
    const { signal } = new AbortController();
    const run = { plain: PLAIN, ignored: [], isWasmtime: false, replyMs: 5000, signal };
    const found = await runProbe({ ...run, ours: same.endpoint, theirs: other.endpoint }, PLAIN);
    const names = found.differences.map(({ aspect, name }) => (name === undefined ? aspect : `${aspect} ${name}`));
    expect(names).toEqual(expected);
    expect(found.varying).toEqual([]);
  });
});

test('a field that may differ is not told', async () => {
  using site = createSite(new AbortController().signal);
  await using same = await startOdd(site, 'same');
  await using other = await startOdd(site, 'fields');
  const { signal } = new AbortController();
  const run = { plain: PLAIN, ignored: ['Set-Cookie'], isWasmtime: false, replyMs: 5000, signal };
  expect(await runProbe({ ...run, ours: same.endpoint, theirs: other.endpoint }, PLAIN)).toMatchObject({
    differences: [],
  });
});

test('all built-in requests: ourselves with another isolation do not differ', { timeout: 120_000 }, async () => {
  const options = ['--with', FRESH, '--seconds', '0', '--fail-on', 'difference'];
  const { code, stdout } = await runWasiServe(['compare', guestPath('echo'), ...options]);
  expect(stdout).toContain('no difference');
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
});

test('a guest that breaks off every reply is compared too', { timeout: 120_000 }, async () => {
  const options = ['--with', FRESH, '--seconds', '0', '--requests', requests];
  const { code, stdout } = await runWasiServe(['compare', guestPath('drop-body'), ...options]);
  expect(stdout).toContain('no difference');
  expect(code).toBe(0);
});

test('a difference is shown with both values, the request that shows it and how to repeat it; CI fails', async () => {
  const options = ['--with', odd('status'), '--requests', requests, '--seconds', '0', '--fail-on', 'difference'];
  const { code, stdout, stderr } = await runWasiServe(['compare', guestPath('hello'), ...options]);
  expect(code).toBe(1);
  expect(stdout).toContain('requests: 1: GET /one');
  expect(stdout).toMatch(/wasi-serve +200\n/);
  expect(stdout).toMatch(/node +203\n/);
  expect(stdout).toMatch(/curl -i --path-as-is -g -X POST .*--data-binary a=1 http:\/\/127\.0\.0\.1:8080\/two/);
  expect(stderr).toContain('2 differences (--fail-on)');
});

describe('load, JSON and the page', () => {
  let comparison: Comparison;
  let page = '';

  beforeAll(async () => {
    const [json, html] = [join(folder, 'out.json'), join(folder, 'out.html')];
    const load = ['--seconds', '1', '--rounds', '3', '--warm-up', '0', '--starts', '1', '--connections', '4'];
    const files = ['--json', json, '--report', html, '--requests', requests];
    const { stderr } = await runWasiServe(['compare', guestPath('hello'), '--with', FRESH, ...load, ...files]);
    expect(stderr).toContain('load, round 3 of 3');
    comparison = JSON.parse(readFileSync(json, 'utf8')) as Comparison;
    page = readFileSync(html, 'utf8');
  }, 120_000);

  test('the JSON has the fields that programs rely on', () => {
    expect(Object.keys(comparison)).toEqual([
      'version',
      'date',
      'file',
      'machine',
      'ours',
      'theirs',
      'notes',
      'warnings',
      'ignoredFields',
      'probes',
      'measures',
    ]);
    const server = ['name', 'command', 'rounds', 'startsMs', 'idleBytes', 'peakBytes'];
    expect([Object.keys(comparison.ours), Object.keys(comparison.theirs)]).toEqual([server, server]);
    expect(Object.keys(comparison.probes[0] ?? {})).toEqual(['group', 'name', 'repeat', 'differences', 'varying']);
    expect(comparison.measures[0]).toMatchObject({ name: 'replies a second', unit: 'a second', better: 'more' });
  });

  test('each server has its rounds, without faults', () => {
    for (const { rounds, startsMs } of [comparison.ours, comparison.theirs]) {
      expect(rounds).toHaveLength(3);
      expect(startsMs).toHaveLength(1);
      for (const { perSecond, p50Ms, p99Ms, faults } of rounds) {
        expect(faults).toEqual({});
        expect(perSecond).toBeGreaterThan(0);
        expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
      }
    }
  });

  test('both isolate requests, and nothing else makes it unequal', () => {
    expect(comparison.warnings.filter((line) => line.includes('instances'))).toEqual([]);
  });

  test('the page is one file, with a plot for each measure, and nothing that is loaded or run', () => {
    expect(page.match(/<svg /g)).toHaveLength(comparison.measures.length + 1);
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toContain('NaN');
    for (const tag of ['html', 'body', 'svg', 'table', 'h2', 'ul', 'pre', 'text', 'p']) {
      const count = (pattern: string): number => page.match(new RegExp(pattern, 'g'))?.length ?? 0;
      expect(count(`<${tag}[ >]`), tag).toBe(count(`</${tag}>`));
    }
  });
});

test('a running server is compared by its URL', async () => {
  await using serving = await servingOn(['serve', guestPath('hello')]);
  const options = ['--with', serving.origin, '--requests', requests, '--seconds', '0', '--json', '-'];
  const { code, stdout } = await runWasiServe(['compare', guestPath('hello'), ...options]);
  expect(code).toBe(0);
  const { theirs, probes } = JSON.parse(stdout) as Comparison;
  expect(theirs.command).toBe(`${serving.origin}/`);
  expect(probes.flatMap(({ differences }) => differences)).toEqual([]);
});

describe('a server that cannot be compared', () => {
  const quick = ['--seconds', '0', '--start-timeout', '10s'];

  test.each([
    ['never listens', odd('mute'), /node gave no reply within 10 s of its start; it printed nothing/],
    ['never answers', odd('silent'), /node gave no reply within 10 s of its start/],
    ['ends', odd('ends'), /node ended with code 3; the last of what it printed:\n {2}\| cannot find the moon/],
    ['is not installed', 'no-such-server {file} {addr}', /no-such-server/],
    ['runs nowhere', 'http://127.0.0.1:9', /http:\/\/127\.0\.0\.1:9\/ does not answer/],
  ])('one that %s ends the command with the reason', async (_what, peer, message) => {
    const { code, stderr } = await runWasiServe(['compare', guestPath('hello'), '--with', peer, ...quick]);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describe('a wrong command line', () => {
  test.each([
    ['without --with', [], /--with says what to compare with/],
    ['a command without places', ['--with', 'server x'], /write \{file\} and \{addr\} in it, or one of wasmtime serve/],
    ['https', ['--with', 'https://a.test'], /only http: is spoken/],
    ['a misspelt option', ['--wiht', 'x'], /Did you mean --with\?/],
    ['a ratio that is none', ['--with', 'wasmtime serve', '--min-ratio', 'two'], /write a number above 0/],
    ['flags without a place', ['--with', 'a {file} {addr}', '--flags', '--env A=b'], /write \{flags\} in it/],
    ['a quote that stays open', ['--with', "a 'b"], /there is no closing '/],
    ['no such requests', ['--with', 'wasmtime serve', '--requests', 'nowhere.har'], /--requests nowhere\.har/],
  ])('%s is told', async (_what, options, message) => {
    const { code, stderr } = await runWasiServe(['compare', guestPath('hello'), ...options]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

const commandOf = (text: string, flags: readonly string[] = []): string => {
  const peer = parsePeer(text, flags);
  if (peer.at !== 'command') throw new Error('it is a URL');
  const { file, args } = peer.toCommand('app.wasm', '127.0.0.1:80');
  return [file, ...args].join(' ');
};

describe('what --with means', () => {
  test.each([
    ['wasmtime serve', 'wasmtime serve -S cli=y -O pooling-allocator=y --addr 127.0.0.1:80 app.wasm'],
    ['/opt/wasmtime serve -Scli', '/opt/wasmtime serve -Scli -O pooling-allocator=y --addr 127.0.0.1:80 app.wasm'],
    [
      'wasmtime serve -S http,cli=n',
      'wasmtime serve -S http,cli=n -O pooling-allocator=y --addr 127.0.0.1:80 app.wasm',
    ],
    ['wasi-serve serve', 'wasi-serve serve --addr 127.0.0.1:80 app.wasm'],
    ["a 'b c' {file} --port={port}", 'a b c app.wasm --port=80'],
  ])('%s', (text, expected) => expect(commandOf(text)).toBe(expected));

  test('what the file is called does not matter', () => {
    const peer = parsePeer('a {file} {addr}', []);
    if (peer.at !== 'command') throw new Error('it is a URL');
    const file = "$& {addr} '{port}'.wasm";
    expect(peer.toCommand(file, '127.0.0.1:80')).toEqual({ file: 'a', args: [file, '127.0.0.1:80'] });
  });

  test('flags go to both', () => {
    expect(commandOf('wasmtime serve', ['--env', 'A=b'])).toContain('serve --env A=b -S cli=y');
    expect(commandOf('a {flags} {file} {addr}', ['--x'])).toBe('a --x app.wasm 127.0.0.1:80');
  });

  test('shared instances are seen', () => {
    const peer = parsePeer('wasmtime serve --max-instance-reuse-count 128', []);
    expect(peer).toMatchObject({ sharesInstances: true });
    expect(parsePeer('wasmtime serve', [])).toMatchObject({ sharesInstances: false, isWasmtime: true });
  });
});
