import { describe, expect, test } from 'vitest';
import { startUpstream } from '../harness/upstream.ts';
import { LEAST, PERMISSION_ONLY } from './permissions.ts';
import { guestPath, servingOn } from './wasi-serve.ts';

describe("under Node's permission model, with the least of permissions", () => {
  test.each(['hello', 'js-fetch-event', 'print'])('%s is served', async (guest) => {
    await using serving = await servingOn([guestPath(guest)], LEAST);
    for (let request = 0; request < 3; request++) expect((await fetch(serving.origin)).status).toBe(200);
  });

  test('a guest sends requests', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => outgoing.end('from upstream'));
    await using serving = await servingOn([guestPath('proxy')], LEAST);
    const reply = await fetch(`${serving.origin}/?url=${encodeURIComponent(upstream.origin)}`);
    expect(await reply.text()).toBe('from upstream');
  });

  test('without the permission to start threads it says that guests are not interrupted', async () => {
    await using serving = await servingOn([guestPath('hello')], { NODE_OPTIONS: PERMISSION_ONLY });
    await serving.until('stderr', /^ {2}preemption {2}off: .*--allow-worker/m);
    expect((await fetch(serving.origin)).status).toBe(200);
  });

  test('a signal stops it gracefully', async () => {
    await using serving = await servingOn([guestPath('hello')], LEAST);
    serving.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });
});
