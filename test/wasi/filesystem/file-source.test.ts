import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/util/limits.ts';
import { FileSource } from '../../../src/wasi/filesystem/file-source.ts';
import { type FilesystemGrants, GrantedDirectories } from '../../../src/wasi/filesystem/grants.ts';
import { OpenFile, toIdentity } from '../../../src/wasi/filesystem/open-file.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';

test('streams that read ahead more than the request may hold end it, and nothing else', () => {
  const dir = mkdtempSync(join(tmpdir(), 'wasi-serve-source-'));
  writeFileSync(join(dir, 'file'), new Uint8Array(100_000));
  using directories = new GrantedDirectories([{ host: dir, guest: '/', access: 'read-only' }]);
  const limits = { ...DEFAULT_LIMITS, maxHeldBytes: 100_000 };
  using ctx = new WasiCtx<FilesystemGrants>({ directories, limits });
  const fd = openSync(join(dir, 'file'), 'r');
  const file = new OpenFile(fd, toIdentity(fstatSync(fd, { bigint: true })), closeSync);
  const sources = Array.from({ length: 10 }, () => new FileSource(ctx, file, 0n));
  for (const source of sources) source.isReady();
  expect(() => sources.at(-1)?.read(1)).toThrow('the request makes the host hold more than 100000 bytes');
  file.release();
  rmSync(dir, { recursive: true });
});
