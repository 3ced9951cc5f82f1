import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/host/load.ts';
import { assembleFields } from '../hostile/assemble.ts';

async function refusalOf(fields: string): Promise<string> {
  const bytes = await assembleFields(`${fields} (func $attack (param $request i32) (param $out i32))`);
  return await loadComponent(bytes, { cache: false }).then(
    () => 'loaded',
    (error: Error) => error.message,
  );
}

describe('a component that neither engine takes is refused', () => {
  test("with the linker's reason before jco's", async () => {
    expect(await refusalOf('(memory $other 1) (func (export "wasi-serve:start"))')).toMatch(
      /^core module: an export with the reserved name "wasi-serve:start" .*; nor can the jco engine run it: .*multiple memories/,
    );
  });

  test('with one reason if both have the same', async () => {
    expect(await refusalOf('(table i64 1 funcref)')).toMatch(/^core module: memory64 [^;]*$/);
  });
});
