import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answer, nodeWays } from '../../harness/matrix.ts';

const EXPECTED = readFileSync(new URL('expected-facts.txt', import.meta.url), 'utf8');

describe.each(nodeWays)('$engine $isolation', (way) => {
  test('every function of wasi:filesystem does what is expected of it', async () => {
    const host = mkdtempSync(join(tmpdir(), 'wasi-serve-facts-'));
    await using app = await answer(way, 'file-facts', { directories: [{ host, guest: '/' }] });
    expect(await (await app.send('/')).text()).toBe(EXPECTED);
    rmSync(host, { recursive: true });
  });
});
