import { expect, test } from 'vitest';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';

/** The values of `cdn-loop` that an upstream gets by way of a guest that passes on all fields. */
async function hopsThrough(...headerLines: string[]): Promise<string[]> {
  await using upstream = await startUpstream((_incoming, outgoing) => outgoing.end());
  await using served = await serveGuest('proxy');
  const path = `/?url=${encodeURIComponent(upstream.origin)}`;
  expect((await requestRaw(served.origin, rawGet(path, ...headerLines))).status).toBe(200);
  const { rawHeaders = [] } = upstream.requests.all[0] ?? {};
  return rawHeaders.filter((_text, index) => rawHeaders[index - 1]?.toLowerCase() === 'cdn-loop');
}

test('an outgoing request says that it comes by way of this host', async () => {
  expect(await hopsThrough()).toEqual(['wasi-serve']);
});

test('those before stay, and the guest cannot add to them', async () => {
  expect(await hopsThrough('CDN-Loop: other; a=1, wasi-serve')).toEqual(['other; a=1, wasi-serve', 'wasi-serve']);
});

test.each([
  [15, 200],
  [16, 508],
])('a request that was passed on %i times is answered with %i', async (hops, status) => {
  await using served = await serveGuest('hello');
  const value = Array.from({ length: hops }, () => 'wasi-serve').join(', other;x=1 ,');
  expect((await requestRaw(served.origin, rawGet('/', `cdn-loop: ${value}`))).status).toBe(status);
  const request = new Request('http://test/', { headers: { 'cdn-loop': value } });
  expect((await served.host.fetch(request)).status).toBe(status);
});
