import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Step } from './guide.ts';

/** Does what a guide says, in an empty folder. */
export class Reader implements AsyncDisposable {
  readonly #root: string;
  /** The `wasi-serve` that `npm install` gets. */
  readonly #tarball: string;
  #folder: string;
  #server: ChildProcess | undefined;
  #origin = '';
  #adminOrigin = '';
  #output = '';

  private constructor(root: string, tarball: string) {
    this.#root = root;
    this.#folder = root;
    this.#tarball = tarball;
  }

  /** With `files`, by name, beside the reader. */
  static async start(tarball: string, files: Readonly<Record<string, string>> = {}): Promise<Reader> {
    const reader = new Reader(await mkdtemp(join(tmpdir(), 'wasi-serve-guide-')), tarball);
    for (const [name, file] of Object.entries(files)) await copyFile(file, join(reader.#root, name));
    return reader;
  }

  async follow(step: Step): Promise<void> {
    if (step.do === 'write') return await this.#write(step.file, step.text);
    if (step.do === 'serve') return await this.#serve(step.command);
    if (step.do === 'run') return await this.#run(step.command);
    expect(this.#output).toBe(step.output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.#folder, file)), { recursive: true });
    await writeFile(join(this.#folder, file), text);
  }

  async #run(command: string): Promise<void> {
    const [, folder] = /^cd (\S+)$/.exec(command) ?? [];
    if (folder !== undefined) {
      this.#folder = resolve(this.#folder, folder);
      return;
    }
    const meant = command
      .replace(/^(npm install .*?)\bwasi-serve\b/, `$1${this.#tarball}`)
      .replaceAll('http://127.0.0.1:8080', this.#origin)
      .replaceAll('http://127.0.0.1:9100', this.#adminOrigin);
    // Compilers must not starve the tests beside this one.
    const { stdout } = await promisify(execFile)('nice', ['bash', '-ec', meant], this.#place());
    this.#output = stdout;
  }

  /** On a free port. */
  async #serve(command: string): Promise<void> {
    await this.#stop();
    const meant = command.replace(/^npx/, 'npx --no-install').replace('127.0.0.1:9100', '127.0.0.1:0');
    const args = ['-ec', `exec ${meant} --addr 127.0.0.1:0`];
    // A group of its own: npx has a shell and the server below it.
    const server = spawn('bash', args, { ...this.#place(), detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#server = server;
    const said = await startTextOf(server);
    this.#origin = /^Serving HTTP on (http:\S+)\/$/m.exec(said)?.[1] ?? '';
    this.#adminOrigin = /http:\/\/[\d.:]+(?=.*metrics)/.exec(said)?.[0] ?? '';
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    process.kill(-server.pid, 'SIGTERM');
    await ended;
  }

  #place(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
    return { cwd: this.#folder, env };
  }
}

/** What a server says until it listens. Rejects with that if it ends instead. */
async function startTextOf(server: ChildProcess): Promise<string> {
  const { promise, resolve: found, reject } = Promise.withResolvers<string>();
  let said = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (/^ +try +curl/m.test(said)) found(said);
  });
  server.once('exit', () => reject(new Error(said)));
  return await promise;
}
