import type { Debugger, Runtime } from 'node:inspector';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { BUILD_MS, buildDebugGuest } from '../harness/debug-guest.ts';
import { type LineRow, readLines } from '../harness/dwarf-lines.ts';
import { type InspectorClient, connectInspector } from '../harness/inspector-client.ts';
import { ROOT, guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const SOURCE = 'components/spin/src/lib.rs';
const LINES = readFileSync(join(ROOT, SOURCE), 'utf8').split('\n');
/** The number of the first line that contains a text. */
const lineOf = (text: string): number => LINES.findIndex((line) => line.includes(text)) + 1;

let built = '';
beforeAll(async () => {
  built = await buildDebugGuest('spin');
}, BUILD_MS);

interface DebuggedModule {
  readonly scriptId: string;
  /** Where the code section's content begins in the module, from which addresses of DWARF count. */
  readonly codeOffset: number;
  readonly rows: readonly LineRow[];
  readonly bytes: Uint8Array;
}

/** What Node's types leave out. */
interface ScriptParsed {
  readonly scriptId: string;
  readonly codeOffset: number;
  readonly debugSymbols?: readonly { readonly type: string }[];
}

/** The core module of the guest that has a line table. */
async function findModule(client: InspectorClient): Promise<DebuggedModule> {
  await client.send('Debugger.enable');
  const { scriptId, codeOffset } = await client.take<ScriptParsed>(
    'Debugger.scriptParsed',
    ({ debugSymbols }) => debugSymbols?.[0]?.type === 'EmbeddedDWARF',
  );
  const { bytecode = '' } = await client.send<{ bytecode?: string }>('Debugger.getScriptSource', { scriptId });
  const bytes = new Uint8Array(Buffer.from(bytecode, 'base64'));
  return { scriptId, codeOffset, rows: readLines(new WebAssembly.Module(bytes)), bytes };
}

/** The line of the source at which a frame stands. */
function lineAt({ rows, codeOffset }: DebuggedModule, { location }: Debugger.CallFrame): number | undefined {
  const address = (location.columnNumber ?? 0) - codeOffset;
  const before = rows.filter((row) => row.address <= address && row.file.endsWith('spin/src/lib.rs'));
  return before.toSorted((one, other) => one.address - other.address).at(-1)?.line;
}

function columnOf({ rows, codeOffset }: DebuggedModule, line: number): number {
  const found = rows.filter((row) => row.line === line && row.isStatement && row.file.endsWith('spin/src/lib.rs'));
  const addresses = found.map(({ address }) => address).toSorted((one, other) => one - other);
  return (addresses[0] as number) + codeOffset;
}

async function localsOf(client: InspectorClient, { scopeChain }: Debugger.CallFrame): Promise<string[]> {
  const locals = scopeChain.find(({ type }) => type === 'local');
  const { result } = await client.send<Runtime.GetPropertiesReturnType>('Runtime.getProperties', {
    objectId: locals?.object.objectId ?? '',
  });
  return Promise.all(
    result.map(async ({ value }) => {
      if (value?.objectId === undefined) return String(value?.description);
      const inner = await client.send<Runtime.GetPropertiesReturnType>('Runtime.getProperties', {
        objectId: value.objectId,
      });
      return String(inner.result.find(({ name }) => name === 'value')?.value?.description);
    }),
  );
}

describe('-D guest-debug', () => {
  test.each(['linker', 'jco'])(
    'a debugger breaks at a line of the source, reads locals and steps, with the %s engine',
    async (engine) => {
      await using serving = await servingOn([built, '-D', 'guest-debug', '--engine', engine], {
        NODE_OPTIONS: '--inspect=127.0.0.1:0',
      });
      const [, url = ''] = await serving.until('stderr', /Debugger listening on (ws:\/\/\S+)/);
      using client = await connectInspector(url);
      const module = await findModule(client);
      expect(Buffer.from(readFileSync(built)).includes(module.bytes)).toBe(true);
      const line = lineOf('let end = monotonic_clock::now() + ms');
      const location = { scriptId: module.scriptId, lineNumber: 0, columnNumber: columnOf(module, line) };
      const { actualLocation } = await client.send<Debugger.SetBreakpointReturnType>('Debugger.setBreakpoint', {
        location,
      });
      expect(actualLocation.columnNumber).toBe(location.columnNumber);
      const answer = fetch(`${serving.origin}/?ms=7`).then((response) => response.text());
      const { callFrames } = await client.take<Debugger.PausedEventDataType>('Debugger.paused');
      const [compute, spin] = callFrames as [Debugger.CallFrame, Debugger.CallFrame];
      expect(lineAt(module, compute)).toBe(line);
      expect(lineAt(module, spin)).toBe(lineOf('compute(query.number("ms")'));
      // Its only argument, which Rust keeps in the first local.
      expect(await localsOf(client, compute)).toContain('7n');
      const lines = new Set<number | undefined>();
      const next = lineOf('while monotonic_clock::now() < end');
      for (let step = 0; step < 500 && !lines.has(next); step += 1) {
        await client.send('Debugger.stepOver');
        const paused = await client.take<Debugger.PausedEventDataType>('Debugger.paused');
        lines.add(lineAt(module, paused.callFrames[0] as Debugger.CallFrame));
      }
      expect([...lines].at(-1)).toBe(next);
      await client.send('Debugger.disable');
      expect(await answer).toBe('computed\n');
    },
  );

  test.each(['linker', 'jco'])('guests run as they do otherwise, with the %s engine', async (engine) => {
    await using serving = await servingOn([guestPath('echo'), '-D', 'guest-debug', '--engine', engine]);
    const body = 'x'.repeat(200_000);
    for (let request = 0; request < 3; request += 1) {
      const response = await fetch(serving.origin, { method: 'POST', body });
      expect(await response.text()).toBe(body);
    }
    expect(serving.text.stderr).toMatch(/^ {2}isolation +fresh/m);
    expect(serving.text.stderr).toMatch(/^ {2}preemption +off/m);
    expect(serving.text.stderr).toMatch(/^note: -D guest-debug: guests are not interrupted/m);
  });

  test.each([
    ['js-fetch-event', /./],
    ['hello-axum', /./],
    ['counter', /^1 clean/],
  ])('%s answers too, each request in a new instance', async (guest, answer) => {
    await using serving = await servingOn([guestPath(guest), '-D', 'guest-debug']);
    for (let request = 0; request < 3; request += 1) {
      const response = await fetch(serving.origin);
      expect(await response.text()).toMatch(answer);
      expect(response.status).toBeLessThan(500);
    }
  });

  test('is for programs too', async () => {
    expect(await runWasiServe(['run', '-D', 'guest-debug', guestPath('command'), 'args', 'a'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('a\n'),
    });
  });
});
