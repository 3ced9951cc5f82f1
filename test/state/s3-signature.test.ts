import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WHOLE } from '../../src/state/blobstore/blob-store.ts';
import { openBlobStores } from '../../src/state/blobstore/open-blob-stores.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const never = new AbortController().signal;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The signature that a request has, and the one that it should have. Source: AWS Signature Version 4, "Create a signed request". */
function signaturesOf({ method = '', url = '', headers }: IncomingMessage): { given: string; right: string } {
  const parts = /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  );
  const [, , day = '', region = '', signed = '', given = ''] = parts ?? [];
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    Array.from(new URLSearchParams(query), ([name, value]) => `${encode(name)}=${encode(value)}`)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const key = ['s3', 'aws4_request'].reduce<Buffer>(hmac, hmac(hmac(`AWS4${SECRET}`, day), region));
  const text = `AWS4-HMAC-SHA256\n${String(headers['x-amz-date'])}\n${day}/${region}/s3/aws4_request\n${sha256(canonical)}`;
  return { given, right: createHmac('sha256', key).update(text).digest('hex') };
}

test('every request is signed as the server computes it, whatever its key and query', async () => {
  const seen: { given: string; right: string; token: unknown }[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push({ ...signaturesOf(incoming), token: incoming.headers['x-amz-security-token'] });
    incoming.resume().on('end', () => {
      outgoing.writeHead(200, { 'content-length': 0, etag: '"e"' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: 'a+token/==' };
  const spec = `s3://my-bucket?endpoint=${endpoint}&region=eu-west-1&prefix=${encodeURIComponent("a b/+'(1)*!~")}`;
  await using stores = openBlobStores({ blobStores: { default: spec }, limits: DEFAULT_LIMITS }, env);
  const store = stores.byName.get('default');
  for (const name of ['plain', '../..', 'a b+c&d=e?f#g', "é'()*!~\u{1f600}", '%41%', 'a//b/', '\0\n', '@:;,$']) {
    const place = { container: name, name };
    await using reader = await store?.read(place, { start: 1n, end: 2n }, never).catch(() => undefined);
    expect(reader).toBeUndefined();
    await store?.info(place, never);
    await using writer = await store?.write(place, never);
    await writer?.write(Buffer.from('x'));
    await writer?.finish();
    await store?.copy(place, { container: name, name: 'other' }, never);
    await store?.delete(name, [name], never);
    await using list = await store?.list(name, never);
    await list?.next();
    await using whole = await store?.read(place, WHOLE, never);
    await whole?.read(10);
  }
  server.closeAllConnections();
  server.close();
  expect(seen.length).toBeGreaterThan(60);
  expect(seen.filter(({ given, right }) => given !== right)).toEqual([]);
  expect(new Set(seen.map(({ token }) => token))).toEqual(new Set(['a+token/==']));
});
