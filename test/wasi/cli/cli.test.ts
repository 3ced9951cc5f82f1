import { describe, expect, test } from 'vitest';
import { ok } from '../../../src/util/result.ts';
import { environment } from '../../../src/wasi/cli/environment.ts';
import { GuestExit, exit } from '../../../src/wasi/cli/exit.ts';
import { stderr, stdin, stdout } from '../../../src/wasi/cli/stdio.ts';
import { terminalStdout } from '../../../src/wasi/cli/terminal.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { streams } from '../../../src/wasi/io/streams.ts';

const nothing = new WasiCtx({});

describe('a guest that is granted nothing', () => {
  test('sees no variables, arguments or working directory', () => {
    const { funcs } = environment;
    expect(funcs['get-environment'](nothing)).toEqual([]);
    expect(funcs['get-arguments'](nothing)).toEqual([]);
    expect(funcs['initial-cwd'](nothing)).toBeUndefined();
  });

  test('reads the end of stdin', () => {
    const read = streams.funcs['[method]input-stream.blocking-read'](nothing, stdin.funcs['get-stdin'](nothing), 1n);
    expect(read).toEqual({ tag: 'err', val: { tag: 'closed' } });
  });

  test.each([stdout.funcs['get-stdout'], stderr.funcs['get-stderr']])('may write to its output', (getStream) => {
    const write = streams.funcs['[method]output-stream.blocking-write-and-flush'];
    expect(write(nothing, getStream(nothing), Buffer.from('hello'))).toEqual(ok(undefined));
  });

  test('has no terminal', () => {
    expect(terminalStdout.funcs['get-terminal-stdout'](nothing)).toBeUndefined();
  });
});

describe('a guest', () => {
  test('sees the variables and arguments it is granted, in order', () => {
    const env = [
      ['B', '1'],
      ['A', '2'],
    ] as const;
    const ctx = new WasiCtx({ env, args: ['serve', '-v'] });
    expect(environment.funcs['get-environment'](ctx)).toEqual(env);
    expect(environment.funcs['get-arguments'](ctx)).toEqual(['serve', '-v']);
  });

  test('writes to the stdout it is granted, whichever of its streams it uses', () => {
    const lines: string[] = [];
    const ctx = new WasiCtx({ writeOutput: (_stream: string, text: string) => void lines.push(text) });
    for (const text of ['one ', 'line\n']) {
      const stream = stdout.funcs['get-stdout'](ctx);
      expect(streams.funcs['[method]output-stream.write'](ctx, stream, Buffer.from(text))).toEqual(ok(undefined));
    }
    expect(lines).toEqual(['one line\n']);
  });

  test.each([
    ['exit(ok)', 0, () => exit.funcs.exit(nothing, ok(undefined))],
    ['exit(err)', 1, () => exit.funcs.exit(nothing, { tag: 'err', val: undefined })],
    ['exit-with-code(3)', 3, () => exit.funcs['exit-with-code'](nothing, 3)],
  ])('traps when it calls %s, with the code %i', (call, code, run) => {
    expect(run).toThrow(new GuestExit(code, call));
  });
});
