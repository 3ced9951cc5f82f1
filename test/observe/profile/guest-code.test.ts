import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GuestCode, type GuestFunction } from '../../../src/observe/profile/guest-code.ts';
import { Slice, Tracked, assemble } from '../../rewriter/tracked.ts';

/** What a function does besides calling the host: each is rewritten in another way. */
const WORK = {
  nothing: 'nop',
  store: '(i64.store offset=8 (i32.const 16) (i64.const 1))',
  farStore: '(i32.store (i32.const 50000) (i32.const 1))',
  loop: `(local.set $n (i32.const 3))
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`,
  fill: '(memory.fill (i32.const 0) (i32.const 1) (i32.const 100))',
  grow: '(drop (memory.grow (i32.const 0)))',
} as const;

const functions = fc.array(
  fc.array(fc.constantFrom(...(Object.keys(WORK) as (keyof typeof WORK)[])), { maxLength: 12 }),
  { minLength: 1, maxLength: 12 },
);

/** A place in a module, as V8 has it in a backtrace. */
interface Place {
  readonly url: string;
  readonly index: number;
  readonly columnNumber: number;
}

function placeOf(stack: string): Place | undefined {
  const found = /(wasm:\/\/\S+?):wasm-function\[(\d+)\]:0x([0-9a-f]+)/.exec(stack);
  if (found === null) return undefined;
  const [, url = '', index, offset = ''] = found;
  return { url, index: Number(index), columnNumber: Number.parseInt(offset, 16) };
}

test('finds the function of the original module in which V8 is, whatever was rewritten', async () => {
  await fc.assert(
    fc.asyncProperty(functions, fc.nat(5), async (bodies, importCount) => {
      const places: (Place | undefined)[] = [];
      const look = (): void => void places.push(placeOf(new Error('here').stack ?? ''));
      const imports = Array.from({ length: importCount }, (_, index) => `(import "host" "other-${index}" (func))`);
      const bytes = await assemble(`(module (import "host" "look" (func $look)) ${imports.join(' ')} (memory 1 4)
        ${bodies
          .map((body, index) => {
            const work = body.map((name) => WORK[name]).join(' ');
            return `(func $name-${index} (export "${index}") (local $n i32) ${work} (call $look) ${work})`;
          })
          .join('\n')})`);
      const code = new GuestCode();
      const others = Object.fromEntries(imports.map((_import, index) => [`other-${index}`, look]));
      const tracked = new Tracked(bytes, { host: { look, ...others } }, new Slice(), (rewritten) => {
        const [named] = code.add('/srv/an app.wasm', [{ original: bytes, rewritten }]);
        return named as Uint8Array;
      });
      const starts: number[] = [];
      for (const [number] of bodies.entries()) {
        tracked.func(`${number}`)();
        const place = places.at(-1) as Place;
        const found = code.find({ ...place, functionName: '' }) as GuestFunction;
        expect(found).toMatchObject({
          component: '/srv/an app.wasm',
          module: 0,
          index: place.index,
          name: `name-${number}`,
        });
        expect(found.index).toBe(1 + importCount + number);
        starts.push(found.offset);
      }
      expect(starts).toEqual(starts.toSorted((one, other) => one - other));
      // In the original, the byte before a body is the end of its length.
      for (const start of starts) expect((bytes[start - 1] as number) & 0x80).toBe(0);
    }),
    { numRuns: 60 },
  );
});

const STORING = `(module (memory 1) (func $first (export "first") (i32.store (i32.const 1) (i32.const 1)))
  (func (export "second")) (func))`;

async function register(code: GuestCode, label: string): Promise<Uint8Array> {
  const bytes = await assemble(STORING);
  let named = bytes;
  void new Tracked(bytes, {}, new Slice(), (rewritten) => {
    [named = bytes] = code.add(label, [{ original: bytes, rewritten }]);
    return named;
  });
  return named;
}

/** The name that V8 makes part of the URL. */
function nameIn(module: Uint8Array): string {
  const [section = new ArrayBuffer()] = WebAssembly.Module.customSections(
    new WebAssembly.Module(module as BufferSource),
    'name',
  );
  const bytes = new Uint8Array(section);
  return Buffer.from(bytes.subarray(3, 3 + (bytes[2] as number))).toString();
}

/** What is found at each of the first offsets. */
function namesAt(code: GuestCode, url: string): (GuestFunction | undefined)[] {
  return Array.from({ length: 2000 }, (_, columnNumber) => code.find({ url, functionName: '', columnNumber }));
}

test('tells two modules with the same bytes apart', async () => {
  const code = new GuestCode();
  const names = [await register(code, 'one.wasm'), await register(code, 'other.wasm')].map(nameIn);
  const componentsIn = (name: string): Set<string | undefined> =>
    new Set(namesAt(code, `wasm://wasm/${name}-0badcafe`).map((func) => func?.component));
  expect(names.map(componentsIn)).toEqual([new Set([undefined, 'one.wasm']), new Set([undefined, 'other.wasm'])]);
});

test('names what has no name after its export, then after its number; what the rewriter has added; and nothing of others', async () => {
  const code = new GuestCode();
  const module = await register(code, 'a.wasm');
  const url = `wasm://wasm/${nameIn(module)}-0badcafe`;
  const names = namesAt(code, url).map((func) => func?.name);
  const inOrder = names.filter((name, index) => index === 0 || name !== names[index - 1]);
  expect(inOrder).toEqual([undefined, 'first', 'second', 'wasm-function[2]', '(marks and checks)', undefined]);
  const at = names.indexOf('first');
  expect(code.find({ url: 'wasm://wasm/a.wasm-0badcafe', functionName: '', columnNumber: at })).toBeUndefined();
  expect(code.find({ url, functionName: 'js-to-wasm:ii:', columnNumber: at })).toBeUndefined();
});
