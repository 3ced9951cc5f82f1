import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Makes 2 GiB of buffers as a long body does, beside a heap that stays; prints how many full collections that took. */
const CHURN = `
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
let full = 0;
const observer = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
});
observer.observe({ entryTypes: ['gc'] });
globalThis.kept = Array.from({ length: 200_000 }, (_, n) => ({ n }));
const queue = [];
for (let n = 0; n < 32_768; n++) {
  if (queue.push(new Uint8Array(65_536)) > 4) queue.shift();
  if (n % 64 === 0) await sleep(0);
}
await sleep(50);
console.log(full);
`;
const COLLECT_LESS = `import { collectLess } from ${JSON.stringify(import.meta.resolve('../../src/cli/collect-less.ts'))};\ncollectLess();\n`;

async function churn(program: string): Promise<{ readonly full: number; readonly stderr: string }> {
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  return { full: Number(stdout), stderr };
}

test('buffers that are soon dead lead to fewer full collections, and V8 knows the flags', async () => {
  const [usual, less] = [await churn(CHURN), await churn(COLLECT_LESS + CHURN)];
  expect(usual.full).toBeGreaterThan(4);
  expect(less.full).toBeLessThan(usual.full * 0.7);
  expect(less.stderr).toBe('');
});
