// Makes one file of the command and of Node: executable/wasi-serve, or the file that is named. It runs on machines like the one that made it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { copyLicenses } from './build/copy-licenses.ts';
import { knownValues } from './build/known-values.ts';

/** The requests after which what serves them has been compiled. */
const REQUESTS = 20;

/** The threads that it starts. */
const THREADS = {
  'stall-thread.js': 'src/cli/stall/stall-thread.ts',
  'sqlite-thread.js': 'src/state/keyvalue/sqlite-thread.ts',
} as const;

/** What there is in place of `import.meta`. No file lies beside the command: `ownFile` finds threads, and jco, which asks for packages, is refused before. */
const META = {
  'import.meta.url': '"file:///"',
  'import.meta.filename': 'process.execPath',
  'import.meta.resolve': 'undefined',
};

const file = resolve(process.argv[2] ?? 'executable/wasi-serve');
process.chdir(`${import.meta.dirname}/..`);
const scratch = await mkdtemp(join(tmpdir(), 'wasi-serve-executable-'));
try {
  await Promise.all([bundleTo('command.js'), bundleTo('stall-thread.js'), bundleTo('sqlite-thread.js')]);
  await compileCode();
  await mkdir(dirname(file), { recursive: true });
  await inject();
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** One file without imports: an executable finds no packages. What jco takes stays out. */
async function bundleTo(name: 'command.js' | keyof typeof THREADS): Promise<void> {
  const isCommand = name === 'command.js';
  const options: InputOptions = {
    input: name === 'command.js' ? 'scripts/build/executable-main.ts' : THREADS[name],
    platform: 'node',
    external: [/^@bytecodealliance\//],
    plugins: [knownValues(), embeddedFiles()],
    transform: { define: META },
  };
  await using bundle = await rolldown(options);
  const { output } = await bundle.write({
    file: join(scratch, name),
    format: isCommand ? 'cjs' : 'esm',
    comments: { jsdoc: false },
    codeSplitting: false,
  });
  if (isCommand) await copyLicenses(Object.keys(output[0].modules), join(dirname(file), 'licenses'));
}

function embeddedFiles(): Plugin {
  const [own, embedded] = ['src/util/own-file.ts', 'scripts/build/embedded-files.ts'].map((path) => resolve(path));
  return {
    name: 'embedded-files',
    resolveId: async function (source, importer) {
      const found = source.endsWith('/own-file.ts') ? await this.resolve(source, importer, { skipSelf: true }) : null;
      return found?.id === own ? (embedded ?? null) : null;
    },
  };
}

/** Has V8 compile what a start and some requests take. */
async function compileCode(): Promise<void> {
  const args = ['scripts/build/load-command.cjs', join(scratch, 'command.js'), join(scratch, 'command.code')];
  // Without its thread, which only the executable has, and without a log of requests.
  const serve = ['components/hello/hello.wasm', '--addr', '127.0.0.1:0', '--stall-timeout', '0', '-C', 'cache=n'];
  const server = spawn(process.execPath, [...args, ...serve], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'exit');
  let text = '';
  for await (const piece of server.stderr.setEncoding('utf8')) {
    text += piece;
    const origin = /Serving HTTP on (\S+)/.exec(text)?.[1];
    if (origin === undefined) continue;
    for (let sent = 0; sent < REQUESTS; sent += 1) await (await fetch(origin)).text();
    server.kill('SIGTERM');
    break;
  }
  server.stderr.resume();
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the command did not run (${code}): ${text}`);
}

async function inject(): Promise<void> {
  const config = join(scratch, 'executable.json');
  const assets = ['command.js', 'command.code', ...Object.keys(THREADS)].map((name) => [name, join(scratch, name)]);
  await writeFile(
    config,
    JSON.stringify({
      main: 'scripts/build/load-command.cjs',
      output: file,
      disableExperimentalSEAWarning: true,
      assets: Object.fromEntries(assets),
    }),
  );
  await promisify(execFile)(process.execPath, ['--build-sea', config]);
}
