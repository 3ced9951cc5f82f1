import { expect, test } from 'vitest';
import { type Component, loadComponent } from '../../src/index.ts';
import type { Limits } from '../../src/util/limits.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { assembleFields } from './assemble.ts';
import { type Bomb, BOMBS } from './bombs.ts';

test.each<[Partial<Limits>, RegExp]>([
  [{ maxFunctionCompileMs: 1 }, /may take up to \d+ ms to compile, the limit is 1 \(--limit function-compile-ms\)/],
  [
    { maxFunctionCompileBytes: 1_000_000 },
    /may take up to \d+ bytes of memory to compile, the limit is 1000000 \(--limit function-compile-bytes\)/,
  ],
])('%j refuses a component by any engine', async (limits, message) => {
  const fields = (BOMBS[0] as Bomb).toFields(10);
  await expect(load(fields, 'auto', limits)).rejects.toThrow(message);
});

test("functions whose code would fill V8's place for it are refused", async () => {
  // Some 12 kB of code for each four bytes.
  const makes = '(drop (struct.new_default $large))'.repeat(100);
  const functions = Array.from({ length: 1000 }, (_, index) => `(func $make${index} ${makes})`).join('\n');
  const fields = `(type $large (struct ${'(field (mut i32))'.repeat(1000)})) ${functions}
    (func $attack (param i32 i32) (call $answer (local.get 1) (i32.const 200)))`;
  for (const engine of ['linker', 'jco'] as const) {
    await expect(load(fields, engine)).rejects.toThrow(
      /V8 could generate \d+ bytes of code for the component's functions, the limit is 1073741824 \(--limit code-bytes\)/,
    );
  }
  await using served = await serveGuest(await load(fields, 'linker', { maxCodeBytes: 2_000_000_000 }));
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
});

test('what is permitted is served', async () => {
  const { toFields, limit } = BOMBS[0] as Bomb;
  await using served = await serveGuest(await load(toFields(2 * limit), 'linker', { maxFunctionCompileMs: 1000 }));
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
});

/** Each as long to compile as is allowed nearly, and called once: the compiling of one does not follow that of another without a look at the clock. */
const CHAIN = 30;

test('while many functions are compiled in a row others have their turn', async () => {
  const wide = Array.from({ length: 20 }, () => '(block (br_if 0 (local.get 0)))').join(' ');
  const locals = Array.from({ length: 49_000 }, () => 'i32').join(' ');
  const links = Array.from(
    { length: CHAIN },
    (_, index) => `(func $link${index} (param i32) (local ${locals}) ${wide})`,
  );
  const calls = Array.from({ length: CHAIN }, (_, index) => `(call $link${index} (i32.const 1))`);
  const fields = `${links.join('\n')} (func $attack (param i32 i32) ${calls.join('\n')} (call $answer (local.get 1) (i32.const 200)))`;
  await using served = await serveGuest(await load(fields, 'linker'));
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  using _ending = { [Symbol.dispose]: () => clearInterval(counting) };
  expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(200);
  // Compiling one takes several slices of time, so most that are over are seen by the next; on a busy machine the thread that looks comes late.
  expect(turns).toBeGreaterThan(CHAIN / 10);
});

async function load(
  fields: string,
  engine: 'linker' | 'jco' | 'auto',
  limits: Partial<Limits> = {},
): Promise<Component> {
  return await loadComponent(await assembleFields(fields), { cache: false, engine, limits });
}
