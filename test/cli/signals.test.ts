import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { guestPath, servingOn, type WasiServe } from './wasi-serve.ts';

const WAYS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['one process', []],
  ['workers', ['--workers', '2']],
];

/** The serving process, and its workers if it has any. */
async function pidsOf(serving: WasiServe): Promise<number[]> {
  await serving.until('stderr', /^ {2}limits/m);
  const [, pids = ''] = /^ {2}workers {5}\d: process(?:es)? (.*)$/m.exec(serving.text.stderr) ?? [];
  return [serving.pid, ...pids.split(', ').filter(Boolean).map(Number)];
}

describe.each(WAYS)('SIGHUP, %s', (_name, args) => {
  test('lets requests finish, though it comes twice and to each process', async () => {
    await using serving = await servingOn([guestPath('slow-body'), ...args]);
    await using client = await connectRaw(serving.origin);
    await client.send(rawGet('/?chunks=3&ms=150'));
    await client.readHead();
    const pids = await pidsOf(serving);
    for (const pid of [...pids, ...pids]) process.kill(pid, 'SIGHUP');
    await serving.until('stderr', /^Stopping \(SIGHUP\): waiting up to 30 s for 1 request;/m);
    for (let chunk = 0; chunk < 3; chunk += 1) expect(await client.readChunk()).toBe(`chunk ${chunk}\n`);
    expect(await client.readChunk()).toBe('');
    expect(await serving.ended).toBe(0);
    expect(serving.text.stderr).not.toContain('error:');
  });

  test('changes nothing if it was started by nohup', async () => {
    await using serving = await servingOn([guestPath('hello'), ...args], { _: '/usr/bin/nohup' });
    for (const pid of await pidsOf(serving)) process.kill(pid, 'SIGHUP');
    expect((await fetch(serving.origin)).status).toBe(200);
    serving.kill('SIGTERM');
    await serving.until('stderr', /^Stopping \(SIGTERM\)/m);
    expect(await serving.ended).toBe(0);
  });
});

test.each(WAYS)('SIGUSR1 opens no inspector, %s', async (_name, args) => {
  await using serving = await servingOn([guestPath('hello'), ...args]);
  for (const pid of await pidsOf(serving)) process.kill(pid, 'SIGUSR1');
  for (let request = 0; request < 20; request += 1) expect((await fetch(serving.origin)).status).toBe(200);
  serving.kill('SIGTERM');
  expect(await serving.ended).toBe(0);
  expect(serving.text.stderr).not.toMatch(/Debugger|inspector/);
});
