import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { type HostError, loadComponent } from '../../src/index.ts';
import { assembleAttack, listAttacks } from './assemble.ts';
import { assembleLie, SAID_OF_LIES } from './lies.ts';

const WIT_PATH = join(import.meta.dirname, '../../wit');

const ENGINES = ['linker', 'jco', 'auto'] as const;

/** Why each engine refuses a component; they agree. */
async function refusal(bytes: Uint8Array): Promise<{ readonly code: string; readonly message: string }> {
  const refusals = await Promise.all(
    ENGINES.map(async (engine) => {
      const loading = loadComponent(bytes, { label: 'lie', engine, cache: false });
      const error = await loading.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const { name, code, message } = (error ?? {}) as HostError;
      return { name, code, message };
    }),
  );
  const [first, ...others] = refusals;
  for (const other of others) expect(other).toEqual(first);
  expect(first?.name).toBe('HostError');
  return first as HostError;
}

/** A package of WASI, with something in it replaced: everything else that the component says is true. */
async function lieAbout(pkg: string, lies: readonly (readonly [said: string, lie: string])[]): Promise<Uint8Array> {
  const path = mkdtempSync(join(tmpdir(), 'wasi-serve-lie-'));
  try {
    cpSync(WIT_PATH, path, { recursive: true });
    const file = join(path, `deps/wasi-${pkg}/package.wit`);
    let text = readFileSync(file, 'utf8');
    for (const [said, lie] of lies) {
      const pattern = new RegExp(
        said.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s+`),
      );
      expect(text).toMatch(pattern);
      text = text.replace(pattern, lie);
    }
    writeFileSync(file, text);
    return await componentNew(await componentEmbed({ dummy: true, witPath: path, world: 'proxy' }), []);
  } finally {
    rmSync(path, { recursive: true });
  }
}

type Lie = readonly [what: string, pkg: string, lies: readonly (readonly [said: string, lie: string])[], says: RegExp];

const IO: readonly Lie[] = [
  [
    'a record for the bytes of a write',
    'io',
    [
      [' write: func( contents: list<u8> )', ' write: func(contents: lie)'],
      ['resource output-stream {', 'record lie { byte-length: u32 } resource output-stream {'],
    ],
    /streams@0\.2\.12#\[method\]output-stream\.write \(declared at byte 0x[0-9a-f]+\): parameter "contents": expected list<u8>, found record \{ byte-length: u32 \}/,
  ],
  [
    'a string for the bytes of a write',
    'io',
    [[' write: func( contents: list<u8> )', ' write: func(contents: string)']],
    /output-stream\.write.*expected list<u8>, found string/,
  ],
  [
    'words for the bytes of a write',
    'io',
    [[' write: func( contents: list<u8> )', ' write: func(contents: list<u16>)']],
    /list: expected u8, found u16/,
  ],
  [
    'another name of a parameter',
    'io',
    [[' write: func( contents: list<u8> )', ' write: func(bytes: list<u8>)']],
    /expected a parameter "contents", found "bytes"/,
  ],
  [
    'a shorter length',
    'io',
    [['write-zeroes: func( len: u64 )', 'write-zeroes: func(len: u32)']],
    /parameter "len": expected u64, found u32/,
  ],
  [
    'a parameter less',
    'io',
    [[' splice: func( src: borrow<input-stream>, len: u64, )', ' splice: func(src: borrow<input-stream>)']],
    /splice.*expected 3 parameters, found 2/,
  ],
  [
    'a parameter more',
    'io',
    [['block: func();', 'block: func(more: u32);']],
    /pollable\.block.*expected 1 parameter, found 2/,
  ],
  [
    'a resource given away that is lent',
    'io',
    [[' splice: func( src: borrow<input-stream>,', ' splice: func(src: input-stream,']],
    /parameter "src": expected borrow<input-stream>, found own<input-stream>/,
  ],
  [
    'another resource lent',
    'io',
    [[' splice: func( src: borrow<input-stream>,', ' splice: func(src: borrow<output-stream>,']],
    /parameter "src": expected borrow<input-stream>, found borrow<output-stream>/,
  ],
  [
    'another resource returned',
    'io',
    [['resource input-stream {', 'resource input-stream { lie: func() -> pollable;']],
    /input-stream\.lie/,
  ],
  [
    'no result',
    'io',
    [[' flush: func() -> result<_, stream-error>;', ' flush: func();']],
    /output-stream\.flush.*the result: expected result<_, variant/,
  ],
  [
    'a result where there is none',
    'io',
    [['block: func();', 'block: func() -> u32;']],
    /pollable\.block.*the result: expected none, found u32/,
  ],
  [
    'lists of owned resources',
    'io',
    [['poll: func(in: list<borrow<pollable>>)', 'poll: func(in: list<pollable>)']],
    /poll.*expected borrow<pollable>, found own<pollable>/,
  ],
  [
    'lists of lists',
    'io',
    [['poll: func(in: list<borrow<pollable>>)', 'poll: func(in: list<list<borrow<pollable>>>)']],
    /expected borrow<pollable>, found list<borrow<pollable>>/,
  ],
  [
    'a case more',
    'io',
    [['closed', 'closed, more']],
    /stream-error.*expected variant \{ last-operation-failed\(own<error>\), closed \}/,
  ],
];

const HTTP: readonly Lie[] = [
  [
    'a record for the headers of a request',
    'http',
    [
      [
        'resource outgoing-request { constructor( headers: headers );',
        'record lie { entries: list<u32> } resource outgoing-request { constructor(headers: lie);',
      ],
    ],
    /\[constructor\]outgoing-request .*parameter "headers": expected own<\w+>, found record \{ entries: list<u32> \}/,
  ],
  [
    'a record of pairs for the headers of a response',
    'http',
    [
      [
        'resource outgoing-response { constructor(headers: headers);',
        'record lie { entries: list<tuple<string, string>> } resource outgoing-response { constructor(headers: lie);',
      ],
    ],
    /\[constructor\]outgoing-response .*found record \{ entries: list<tuple<string, string>> \}/,
  ],
  [
    'strings for field values',
    'http',
    [['type field-value = list<u8>;', 'type field-value = string;']],
    /\[method\]fields\.append.*parameter "value": expected list<u8>, found string/,
  ],
  [
    'a wider status',
    'http',
    [['type status-code = u16;', 'type status-code = u32;']],
    /set-status-code.*expected u16, found u32/,
  ],
  ['a case of an error less', 'http', [['configuration-error,', '']], /error-code.*expected variant/],
  ['an error under another name', 'http', [['loop-detected', 'loop-found']], /error-code.*expected variant/],
  [
    'methods in another order',
    'http',
    [['get, head,', 'head, get,']],
    /set-method.*parameter "method": expected variant/,
  ],
  [
    'another resource for a response',
    'http',
    [['response: result<outgoing-response, error-code>', 'response: result<incoming-response, error-code>']],
    /\[static\]response-outparam\.set.*ok: expected own<outgoing-response>, found own<incoming-response>/,
  ],
  [
    'headers that are bodies',
    'http',
    [['type headers = fields;', 'type headers = incoming-body;']],
    /"headers"|headers/,
  ],
  [
    'a request that came for one that goes',
    'http',
    [
      [
        'use types.{ outgoing-request, request-options, future-incoming-response, error-code };',
        'use types.{incoming-request as outgoing-request, request-options, future-incoming-response, error-code};',
      ],
    ],
    /outgoing-handler@0\.2\.12#outgoing-request/,
  ],
];

const OTHERS: readonly Lie[] = [
  [
    'a number for how a guest ends',
    'cli',
    [['exit: func(status: result);', 'exit: func(status: u32);']],
    /wasi:cli\/exit@0\.2\.12#exit .*parameter "status": expected result, found u32/,
  ],
  [
    'a map for the environment',
    'cli',
    [
      [
        'get-environment: func() -> list<tuple<string, string>>;',
        'get-environment: func() -> list<tuple<string, u32, u32>>;',
      ],
    ],
    /get-environment/,
  ],
  [
    'an input for an output',
    'cli',
    [
      ['get-stdout: func() -> output-stream;', 'get-stdout: func() -> terminal;'],
      ['use wasi:io/streams@0.2.12.{output-stream};', 'use wasi:io/streams@0.2.12.{input-stream as terminal};'],
    ],
    /wasi:cli\/stdout/,
  ],
  [
    'a shorter time',
    'clocks',
    [['type duration = u64;', 'type duration = u32;']],
    /monotonic-clock.*expected u64, found u32/,
  ],
  [
    'a date with more in it',
    'clocks',
    [['record datetime {', 'record datetime { zone: string,']],
    /datetime.*expected record \{ seconds: u64, nanoseconds: u32 \}/,
  ],
  [
    'a signed length',
    'random',
    [['get-random-bytes: func(len: u64) -> list<u8>;', 'get-random-bytes: func(len: s64) -> list<u8>;']],
    /parameter "len": expected u64, found s64/,
  ],
  ['flags of another size', 'filesystem', [['flags open-flags {', 'flags open-flags { more,']], /open-flags/],
  [
    'parameters that are swapped',
    'sockets',
    [
      [
        'resolve-addresses: func(network: borrow<network>, name: string)',
        'resolve-addresses: func(name: string, network: borrow<network>)',
      ],
    ],
    /resolve-addresses.*expected a parameter "network", found "name"/,
  ],
];

describe('a component that declares WASI wrongly is refused by each engine, with what and where', () => {
  test.each([...IO, ...HTTP, ...OTHERS])('%s', async (_what, pkg, lies, says) => {
    const { code, message } = await refusal(await lieAbout(pkg, lies));
    expect(message).toMatch(says);
    expect(message).toMatch(
      /^lie (?:and this host disagree about types|has imports that this host does not provide):\n {2}wasi:/,
    );
    expect(code).toBe(message.includes('does not provide') ? 'missing-import' : 'bad-component');
  });

  test('all differences are reported, but no more than twenty', async () => {
    const lies = [
      ['type field-key = string;', 'type field-key = list<u8>;'],
      ['type status-code = u16;', 'type status-code = u32;'],
    ] as const;
    const { message } = await refusal(await lieAbout('http', lies));
    const lines = message.split('\n').filter((line) => /^ {2}\S/.test(line));
    expect(lines.filter((line) => line.includes('fields')).length).toBeGreaterThan(5);
    expect(lines.some((line) => line.includes('status-code'))).toBe(true);
    expect(lines.length).toBeLessThanOrEqual(21);
  });

  test('what is true is not refused', async () => {
    const loading = Promise.all(
      ENGINES.map(async (engine) => loadComponent(await lieAbout('io', []), { engine, cache: false })),
    );
    await expect(loading).resolves.toHaveLength(3);
  });
});

describe('a component whose parts lie to each other is refused by each engine', () => {
  test.each(listAttacks('lies'))('%s', async (name) => {
    const { code, message } = await refusal(await assembleAttack('lies', name));
    expect(message).toMatch(SAID_OF_LIES[name] ?? /^there is no row for it$/);
    expect(code).toBe(message.includes('does not provide') ? 'missing-import' : 'bad-component');
  });

  test('the handler that stands around the others is right', async () => {
    const bytes = await assembleLie('nothing', '');
    for (const engine of ENGINES) await loadComponent(bytes, { engine, cache: false });
  });
});
