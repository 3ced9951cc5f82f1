import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { servingOn } from '../cli/wasi-serve.ts';
import { until } from '../harness/until.ts';
import { assembleFields } from './assemble.ts';

const MIB = 1024 * 1024;
/** How much each writes to. */
const GUEST_BYTES = 500 * MIB;
/** What a process that has served may hold more than before: well below one guest's memory. */
const SLACK_BYTES = 200 * MIB;

const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A guest that writes to much memory, and then does something. */
async function assemble(name: string, then: string): Promise<string> {
  const file = join(folder, `${name}.wasm`);
  const grow = `(drop (memory.grow (i32.const ${GUEST_BYTES / 65_536})))`;
  const fill = `(memory.fill (i32.const 131072) (i32.const 1) (i32.const ${GUEST_BYTES}))`;
  const attack = `(func $attack (param $request i32) (param $out i32) ${grow} ${fill} ${then})`;
  writeFileSync(file, await assembleFields(attack));
  return file;
}

/** The memory of a process. Source: proc(5), `/proc/[pid]/statm`, in pages. */
function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096;
}

const ENDS = [
  ['trapped', '(unreachable)'],
  ['returned', ''],
  ['never returned', '(loop $again (br $again))'],
] as const;

describe.skipIf(process.platform !== 'linux').each([
  ['linker', 'reset'],
  ['linker', 'fresh'],
  ['jco', 'fresh'],
])('%s %s', (engine, isolation) => {
  // V8 by itself took 20 to 30 s.
  test.each(ENDS)('gives back the memory of guests that %s soon after', { timeout: 60_000 }, async (name, then) => {
    const file = await assemble(name.replace(' ', '-'), then);
    const args = ['--engine', engine, '--isolation', isolation, '--cpu-timeout', '2s'];
    await using serving = await servingOn([file, ...args]);
    const before = residentBytes(serving.pid);
    for (let request = 0; request < 3; request += 1) {
      const reply = await fetch(serving.origin, { headers: { connection: 'close' } });
      expect(reply.status).toBeGreaterThanOrEqual(500);
    }
    await until(() => residentBytes(serving.pid) < before + SLACK_BYTES);
  });
});
