import { expect, test } from 'vitest';
import { createOutboundOnDemand } from '../../src/outbound/outbound-on-demand.ts';
import { noSignal, readAll, serveHttp, toRequest, unwrap } from './upstreams.ts';

test.each(['before', 'after'])('a request is sent %s the code for it is loaded', async (when) => {
  const upstream = await serveHttp((_request, response) => response.end('hello'));
  await using outbound = createOutboundOnDemand();
  if (when === 'after') await outbound.load();
  const { status, body } = unwrap(await outbound.sendRequest(toRequest(upstream.authority), noSignal()));
  expect({ status, ...(await readAll(body)) }).toMatchObject({ status: 200, text: 'hello' });
});

test('concurrent first requests are all sent', async () => {
  const upstream = await serveHttp((_request, response) => response.end());
  await using outbound = createOutboundOnDemand();
  const send = (): Promise<unknown> => outbound.sendRequest(toRequest(upstream.authority), noSignal());
  const results = await Promise.all([send(), send(), send()]);
  expect(results).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ tag: 'ok' }) as unknown));
});

test.each(['before', 'after'])('no request is sent once it is disposed of %s it was loaded', async (when) => {
  const urls: (string | undefined)[] = [];
  const upstream = await serveHttp((request, response) => {
    urls.push(request.url);
    response.end();
  });
  const outbound = createOutboundOnDemand();
  if (when === 'after') await outbound.load();
  await outbound[Symbol.asyncDispose]();
  const result = await outbound.sendRequest(toRequest(upstream.authority), noSignal());
  expect(result).toEqual({ tag: 'err', val: { tag: 'connection-terminated' } });
  expect(urls).toEqual([]);
});
