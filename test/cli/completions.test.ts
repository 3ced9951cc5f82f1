import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readManPage } from '../../scripts/man-page.ts';
import { listOptions } from '../../src/config/named-option.ts';
import { runWasiServe } from './wasi-serve.ts';

/** The flags of `serve` that its help shows. */
const FLAGS = listOptions()
  .filter(({ owner, option }) => owner !== 'compare' && option.isHidden !== true)
  .flatMap(({ option }) => (option.flag === undefined ? [] : [`--${option.flag}`]));

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runWasiServe(['completions', shell]);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** What bash offers for the last of `words`. */
function complete(script: string, words: readonly string[]): string[] {
  const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const program = `${script}\n${line}; _wasi_serve; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe('bash', () => {
  test('completes commands, options of serve without its name, and options of a command', async () => {
    const script = await scriptFor('bash');
    expect(complete(script, ['wasi-serve', 'comp'])).toEqual(expect.arrayContaining(['compare', 'completions']));
    expect(complete(script, ['wasi-serve', 'app.wasm', '--max-conn'])).toEqual(['--max-connections']);
    expect(complete(script, ['wasi-serve', 'serve', 'app.wasm', '--'])).toEqual(expect.arrayContaining(FLAGS));
    expect(complete(script, ['wasi-serve', 'compare', 'app.wasm', '--wi'])).toEqual(['--with']);
    expect(complete(script, ['wasi-serve', 'run', '--ad'])).toEqual([]);
  });
});

describe.each(['zsh', 'fish'])('%s', (shell) => {
  test('gets each option with its help', async () => {
    const script = await scriptFor(shell);
    for (const flag of FLAGS) expect(script).toContain(shell === 'fish' ? `-l ${flag.slice(2)} ` : flag);
    expect(script).toContain('port 0 picks any free port');
  });

  test.skipIf(spawnSync(shell, ['--version']).error !== undefined)('reads its script', async () => {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: await scriptFor(shell), encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  });
});

test('another shell is refused with those that there are', async () => {
  const { code, stderr } = await runWasiServe(['completions', 'csh']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});

describe('the manual', () => {
  test('has every option, in what man(7) allows', async () => {
    const page = readManPage();
    for (const flag of FLAGS) expect(page).toContain(`\\fB${flag.replaceAll('-', String.raw`\-`)}\\fR`);
    expect(page).toMatch(/^\.TH WASI-SERVE 1 /);
    expect(page.split('\n').filter((line) => line.startsWith('.') && !/^\.(?:TH|SH|SS|TP|PP|B) ?/.test(line))).toEqual(
      [],
    );
  });

  test.skipIf(spawnSync('groff', ['--version']).error !== undefined)('is set by groff without a warning', async () => {
    const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], {
      input: readManPage(),
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('<file> [options]');
  });
});
