import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort, untilAccepting } from './proxies.ts';

/** A Redis server without files. Disposing ends it. */
export interface Redis extends AsyncDisposable {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  /** Ends it as a crash does: all that it has is gone. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  restart(): Promise<void>;
  /** Stops it from answering, with its connections open, and lets it go on. */
  pause(): void;
  resume(): void;
}

export const hasRedis = spawnSync('redis-server', ['--version']).error === undefined;

export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  let child = await start(port);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: async () => void (child = await start(port)),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  };
}

async function start(port: number) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let written = '';
  child.stdout.on('data', (bytes) => (written += String(bytes)));
  await untilAccepting(port, child, () => written);
  return child;
}
