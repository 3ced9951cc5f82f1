import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilAccepting } from './proxies.ts';

/** A server with S3's API and one bucket, whose objects outlive it. Disposing ends it. */
export interface S3 extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** As `--blobstore NAME=` names the bucket; `parameters` are more of its query. */
  spec(parameters?: string): string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  restart(): Promise<void>;
  /** Stops it from answering, with its connections open, and lets it go on. */
  pause(): void;
  resume(): void;
}

const BUCKET = 'test-bucket';
const PROGRAM = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');

/** What the server wants to see of a client. */
export const S3_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' } as const;

export async function startS3(): Promise<S3> {
  Object.assign(process.env, S3_CREDENTIALS);
  const folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-s3-'));
  const port = await freePort();
  let child = await start(folder.path, port);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    spec: (parameters = '') => `s3://${BUCKET}?endpoint=http://127.0.0.1:${port}${parameters}`,
    kill,
    restart: async () => void (child = await start(folder.path, port)),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await folder.remove();
    },
  };
}

async function start(folder: string, port: number) {
  const args = ['-d', folder, '-a', '127.0.0.1', '-p', String(port), '--silent', '--no-vhost-buckets'];
  // Its tokens for the next page are made with DES.
  const child = spawn(process.execPath, ['--openssl-legacy-provider', PROGRAM, ...args, '--configure-bucket', BUCKET], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (written += String(bytes)));
  await untilAccepting(port, child, () => written);
  return child;
}
