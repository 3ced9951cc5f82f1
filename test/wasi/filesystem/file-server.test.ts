import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, nodeWays } from '../../harness/matrix.ts';

const LARGE_BYTES = 8 * 1024 * 1024;
const HUGE_BYTES = 5 * 1024 ** 3;

let site: string;
beforeAll(() => {
  site = mkdtempSync(join(tmpdir(), 'wasi-serve-site-'));
  mkdirSync(join(site, 'docs'));
  writeFileSync(join(site, 'index.html'), '<h1>Hello</h1>');
  writeFileSync(join(site, 'docs/index.html'), '<h1>Docs</h1>');
  writeFileSync(join(site, 'style.css'), 'a { color: red }');
  writeFileSync(join(site, 'with space.txt'), 'spaced');
  writeFileSync(join(site, 'empty.txt'), '');
  writeFileSync(join(site, 'large.bin'), Buffer.alloc(LARGE_BYTES, 'abcdefghijklmnopqrstuvwxyz'));
  writeFileSync(join(site, 'huge.bin'), '');
  truncateSync(join(site, 'huge.bin'), HUGE_BYTES);
  symlinkSync('style.css', join(site, 'link.css'));
  symlinkSync('/etc/passwd', join(site, 'out.txt'));
});
afterAll(() => rmSync(site, { recursive: true }));

const REPLIES = [
  ['/', 200, 'text/html; charset=utf-8', '<h1>Hello</h1>'],
  ['/docs/', 200, 'text/html; charset=utf-8', '<h1>Docs</h1>'],
  ['/style.css?v=1', 200, 'text/css; charset=utf-8', 'a { color: red }'],
  ['/link.css', 200, 'text/css; charset=utf-8', 'a { color: red }'],
  ['/with%20space.txt', 200, 'text/plain; charset=utf-8', 'spaced'],
  ['/empty.txt', 200, 'text/plain; charset=utf-8', ''],
  ['/missing', 404, 'text/plain', 'not found\n'],
  ['/style.css/x', 404, 'text/plain', 'not found\n'],
  ['/%00', 404, 'text/plain', 'not found\n'],
  ['/..%2fetc%2fpasswd', 403, 'text/plain', 'forbidden\n'],
  ['/docs/..%2f..%2f..%2fetc/passwd', 403, 'text/plain', 'forbidden\n'],
  ['/out.txt', 403, 'text/plain', 'forbidden\n'],
] as const;

describe.each(nodeWays)('$engine $isolation', (way) => {
  const serve = () => answer(way, 'file-server', { directories: [{ host: site, guest: '/', access: 'read-only' }] });

  test('files, indexes and what is not there', async () => {
    await using app = await serve();
    for (const [path, status, type, text] of REPLIES) {
      const response = await app.send(path);
      expect([path, response.status, response.headers.get('content-type'), await response.text()]).toEqual([
        path,
        status,
        type,
        text,
      ]);
    }
  });

  test('a directory without its slash is elsewhere', async () => {
    await using app = await serve();
    const response = await app.send('/docs', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([301, 'docs/']);
  });

  test('HEAD, conditions and ranges', async () => {
    await using app = await serve();
    const head = await app.send('/style.css', { method: 'HEAD' });
    const modified = new Date(Math.floor(statSync(join(site, 'style.css')).mtimeMs / 1000) * 1000).toUTCString();
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '16', '']);
    expect(head.headers.get('last-modified')).toBe(modified);
    const statusOf = async (headers: Record<string, string>, path = '/style.css') => {
      const response = await app.send(path, { headers });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    const tag = head.headers.get('etag') ?? '';
    expect(await statusOf({ 'if-none-match': `"x", W/${tag}` })).toEqual([304, null, '']);
    expect((await statusOf({ 'if-none-match': '"x"', 'if-modified-since': modified }))[0]).toBe(200);
    expect((await statusOf({ 'if-modified-since': modified }))[0]).toBe(304);
    expect((await statusOf({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }))[0]).toBe(200);
    expect(await statusOf({ range: 'bytes=2-6' })).toEqual([206, 'bytes 2-6/16', '{ col']);
    expect(await statusOf({ range: 'bytes=-4' })).toEqual([206, 'bytes 12-15/16', 'ed }']);
    expect(await statusOf({ range: 'bytes=14-' })).toEqual([206, 'bytes 14-15/16', ' }']);
    expect(await statusOf({ range: 'bytes=16-' })).toEqual([416, 'bytes */16', '']);
    expect((await statusOf({ range: 'bytes=0-1,3-4' }))[0]).toBe(200);
    expect((await statusOf({ range: 'bytes=0-1', 'if-range': '"old"' }))[0]).toBe(200);
    expect(await statusOf({ range: 'bytes=0-' }, '/empty.txt')).toEqual([416, 'bytes */0', '']);
  });

  test('a large file comes whole, and the end of one of 5 GiB', async () => {
    await using app = await serve();
    const large = Buffer.from(await (await app.send('/large.bin')).arrayBuffer());
    expect(large.equals(Buffer.alloc(LARGE_BYTES, 'abcdefghijklmnopqrstuvwxyz'))).toBe(true);
    const end = await app.send('/huge.bin', { headers: { range: `bytes=${HUGE_BYTES - 3}-` } });
    expect([end.status, end.headers.get('content-range')]).toEqual([
      206,
      `bytes ${HUGE_BYTES - 3}-${HUGE_BYTES - 1}/${HUGE_BYTES}`,
    ]);
    expect((await end.arrayBuffer()).byteLength).toBe(3);
  });
});
