import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { until } from '../harness/until.ts';
import { guestPath, servingOn } from './wasi-serve.ts';

/** Makes a process throw or reject, unhandled, on SIGUSR2. */
const BROKEN = {
  throws: `process.on('SIGUSR2', () => { throw new Error('injected'); });`,
  rejects: `process.on('SIGUSR2', () => { Promise.reject(new Error('injected')); });`,
};

function breakingBy(source: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` };
}

const SLEEP = [guestPath('sleep'), '--access-log', 'off'];
const IS_BUG = /Error: injected[^]*This is a bug in wasi-serve/;

describe.concurrent.each(Object.entries(BROKEN))(
  'a process in which something %s that nobody handles',
  (_name, source) => {
    test('takes no more requests, finishes those under way, and ends as after a bug', async () => {
      await using serving = await servingOn(SLEEP, breakingBy(source));
      await using client = await connectRaw(serving.origin);
      await client.send(rawGet('/?ms=1500'));
      await until(async () => (await fetch(serving.origin)).ok);
      serving.kill('SIGUSR2');
      await serving.until('stderr', IS_BUG);
      await serving.until('stderr', /Stopping \(an error in wasi-serve itself\): waiting up to/);
      serving.kill('SIGUSR2');
      const reply = await client.readReply();
      expect([reply.status, reply.body]).toEqual([200, 'slept 1500\n']);
      expect(await serving.ended).toBe(70);
      await expect(fetch(serving.origin)).rejects.toThrow();
    });
  },
);

test('a worker with an unhandled exception finishes its requests, and is replaced', async () => {
  await using serving = await servingOn([...SLEEP, '--workers', '2'], breakingBy(BROKEN.throws));
  const [, first = ''] = await serving.until('stderr', /^ {2}workers {5}2: processes (\d+), (\d+)$/m);
  process.kill(Number(first), 'SIGUSR2');
  await serving.until('stderr', IS_BUG);
  await serving.until('stderr', new RegExp(`${first}\\D.*exited with code 70`));
  for (let requests = 0; requests < 4; requests += 1) expect((await fetch(serving.origin)).status).toBe(200);
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
});
