import { describe, expect, test } from 'vitest';
import { requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';

function get(target: string, ...lines: string[]): string {
  return [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

describe('a request is refused before any guest runs', () => {
  test.each([
    ['without Host', get('/')],
    ['without Host, in HTTP/1.0', get('/').replace('HTTP/1.1', 'HTTP/1.0')],
    ['without Host, with an expectation', get('/', 'Expect: other')],
    ['with two Hosts, with an expectation', get('/', 'Host: a', 'Host: b', 'Expect: 100-continue')],
    ['with two Hosts', get('/', 'Host: a', 'Host: b')],
    ['with twice the same Host', get('/', 'Host: a', 'Host: a')],
    ['with an empty Host', get('/', 'Host:')],
    ['with a Host of spaces', get('/', 'Host:   ')],
    ['with user-info in Host', get('/', 'Host: user@a')],
    ['with a path in Host', get('/', 'Host: a/b')],
    ['with two names in Host', get('/', 'Host: a, b')],
    ['with a space in Host', get('/', 'Host: a b')],
    ['with a port above 65535', get('/', 'Host: a:65536')],
    ['with a port that is not a number', get('/', 'Host: a:b')],
    ['with a backslash in Host', get('/', 'Host: a\\b')],
    ['with a byte above 0x7F in Host', get('/', 'Host: caf\xe9')],
    ['with an IPv6 address without brackets', get('/', 'Host: ::1')],
    ['with an absolute target and no Host', get('http://a/')],
    ['with user-info in an absolute target', get('http://user@a/', 'Host: a')],
    ['with an absolute target without authority', get('http:///path', 'Host: a')],
    ['with an absolute target whose port is none', get('http://a:b/', 'Host: a')],
    ['with an absolute target of another scheme', get('ftp://a/', 'Host: a')],
    ['with * and a method other than OPTIONS', get('*', 'Host: a')],
  ])('%s', async (_name, bytes) => {
    await using served = await serveGuest('head');
    expect((await requestRaw(served.origin, bytes)).status).toBe(400);
    expect(served.host.inFlight).toBe(0);
    expect(served.events.all.filter((event) => event.at === 'request-failed')).toEqual([]);
  });
});

describe('the authority that a guest sees', () => {
  test.each([
    { target: '/', host: 'example.com', authority: 'example.com', path: '/' },
    { target: '/', host: 'example.com:8080', authority: 'example.com:8080', path: '/' },
    { target: '/', host: 'EXAMPLE.com', authority: 'EXAMPLE.com', path: '/' },
    { target: '/', host: 'under_score.test', authority: 'under_score.test', path: '/' },
    { target: '/', host: '[::1]:80', authority: '[::1]:80', path: '/' },
    { target: '/', host: '127.0.0.1', authority: '127.0.0.1', path: '/' },
    { target: 'http://target.test/p?q', host: 'host.test', authority: 'target.test', path: '/p?q' },
    { target: 'http://target.test:81', host: 'host.test', authority: 'target.test:81', path: '/' },
    { target: 'http://target.test?q', host: 'host.test', authority: 'target.test', path: '/?q' },
  ])('of $target with Host $host is $authority', async ({ target, host, authority, path }) => {
    await using served = await serveGuest('head');
    const { body } = await requestRaw(served.origin, get(target, `Host: ${host}`));
    expect(body).toBe(`method: GET\nscheme: HTTP\nauthority: ${authority}\npath-with-query: ${path}\n`);
  });
});
