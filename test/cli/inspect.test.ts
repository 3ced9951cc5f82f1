import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Inspection } from '../../src/cli/inspect/inspection.ts';
import { guestPath, runWasiServe } from './wasi-serve.ts';

/** The magic, and the version and layer of a component. */
const EMPTY_COMPONENT = Buffer.from('0061736d0d000100', 'hex');

async function inspectJson(name: string): Promise<Inspection> {
  const { code, stdout, stderr } = await runWasiServe(['inspect', guestPath(name), '--json']);
  const inspection = JSON.parse(stdout) as Inspection;
  expect({ code, stderr }).toEqual({ code: inspection.verdict.servable ? 0 : 1, stderr: '' });
  return inspection;
}

describe('as JSON', () => {
  test('a component that can be served is described in full', async () => {
    const bytes = readFileSync(guestPath('hello'));
    const inspection = await inspectJson('hello');
    expect(Object.keys(inspection)).toEqual([
      'file',
      'byteLength',
      'digest',
      'world',
      'imports',
      'exports',
      'coreModules',
      'verdict',
    ]);
    expect(inspection).toMatchObject({
      file: 'components/hello/hello.wasm',
      byteLength: bytes.byteLength,
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      world: { kind: 'proxy', name: expect.stringMatching(/^wasi:http\/proxy@0\.2\./) as string },
      verdict: {
        servable: true,
        engine: { name: 'linker' },
        isolation: { name: 'reset' },
        preemption: { name: 'on', reason: expect.stringContaining('interrupted') as string },
      },
    });
    expect(inspection.imports).toContainEqual({
      name: expect.stringMatching(/^wasi:http\/types@0\.2\./) as string,
      servedBy: expect.stringMatching(/^wasi:http\/types@0\.2\./) as string,
      nearest: [],
    });
    for (const { byteOffset, byteLength } of inspection.coreModules) {
      expect(bytes.subarray(byteOffset, byteOffset + 8).toString('hex')).toBe('0061736d01000000');
      expect(byteLength).toBeGreaterThan(8);
    }
    expect(inspection.coreModules.length).toBeGreaterThan(0);
  });

  test('imports of other patch versions are served', async () => {
    const { imports, verdict } = await inspectJson('wasi-0-2-0');
    expect(imports.every(({ name, servedBy }) => name.endsWith('@0.2.0') && servedBy !== null)).toBe(true);
    expect(verdict.servable).toBe(true);
  });

  test('missing imports are marked, and stand against serving', async () => {
    const { imports, verdict } = await inspectJson('missing-import');
    const missing = imports.filter(({ servedBy }) => servedBy === null).map(({ name }) => name.split('@')[0]);
    expect(missing).toEqual(['acme:keyvalue/store', 'acme:greeter/greet']);
    expect(verdict).toEqual({ servable: false, reasons: [expect.stringContaining('acme:greeter/greet')] });
  });

  test('another world is named, and stands against serving', async () => {
    const { world, verdict } = await inspectJson('command');
    expect(world.kind).toBe('command');
    expect(verdict).toEqual({ servable: false, reasons: [expect.stringContaining('wasi-serve run runs it')] });
  });

  test('a component that is neither is not said to run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
    const file = join(folder, 'empty.wasm');
    writeFileSync(file, EMPTY_COMPONENT);
    const { stdout } = await runWasiServe(['inspect', file, '--json']);
    rmSync(folder, { recursive: true });
    const { verdict } = JSON.parse(stdout) as Inspection;
    const reason = 'it is a component without an HTTP handler; only wasi:http/proxy is served';
    expect(verdict).toEqual({ servable: false, reasons: [reason] });
  });
});

test('as text it says how a component would be served', async () => {
  const { stdout } = await runWasiServe(['inspect', guestPath('hello')]);
  for (const line of ['servable +yes', 'engine +linker: .+', 'isolation +reset: .+', 'preemption +on: .+'])
    expect(stdout).toMatch(new RegExp(`^  ${line}$`, 'm'));
});

test('as text each row has its label, and each import says whether it is served', async () => {
  const { code, stdout } = await runWasiServe(['inspect', guestPath('missing-import')]);
  expect(code).toBe(1);
  const labels = stdout.split('\n').flatMap((line) => /^ {2}(\w+)/.exec(line)?.[1] ?? []);
  expect(labels).toEqual(['file', 'digest', 'world', 'exports', 'imports', 'modules', 'servable']);
  expect(stdout).toMatch(/ wasi:http\/types@\S+ +served\n/);
  expect(stdout).toMatch(/ acme:greeter\/greet@\S+ +missing\n/);
  expect(stdout).not.toContain('\u001b');
});
