import { describe, expect, test } from 'vitest';
import { type RawClient, connectRaw, rawGet } from '../harness/raw-client.ts';
import { attackFile } from './broken-checks/broken.ts';
import { servingOn } from './wasi-serve.ts';

const REQUESTS = 5;

/** Each guest may compute for less than the process has to finish, and all together for more. */
const BOUNDS = ['--cpu-timeout', '700ms', '--drain-timeout', '300ms', '--access-log', 'off'];

const WORST = [
  ['loop-before-the-head', []],
  ['loop-in-memory', []],
  ['loop-in-post-return', []],
  ['loop-at-start', ['--isolation', 'fresh']],
  ['loop-at-start', ['--engine', 'jco']],
  ['loop-before-the-head', ['--engine', 'jco']],
] as const;

describe('while guests do their worst, with the checks', () => {
  test.each(WORST)(
    '(%s, %j) the admin port answers, and SIGTERM ends the process',
    { timeout: 60_000 },
    async (name, args) => {
      using file = await attackFile('control', name);
      await using serving = await servingOn([file.path, ...BOUNDS, ...args, '--admin-addr', '127.0.0.1:0']);
      const [, admin = ''] = await serving.until('stderr', /^ {2}admin +(http:\/\/127\.0\.0\.1:\d+)\/healthz/m);
      await using clients = new AsyncDisposableStack();
      const all: RawClient[] = [];
      for (let client = 0; client < REQUESTS; client += 1) all.push(clients.use(await connectRaw(serving.origin)));
      const replies = all.map(async (client) => {
        await client.send(rawGet('/'));
        return await client.readReply().catch(() => undefined);
      });
      expect((await fetch(`${admin}/healthz`)).status).toBe(200);
      expect((await fetch(`${admin}/readyz`)).status).toBe(200);
      serving.kill('SIGTERM');
      expect(await serving.ended, serving.text.stderr).toBe(0);
      expect(await Promise.all(replies)).toContainEqual(expect.objectContaining({ status: expect.any(Number) }));
    },
  );
});
