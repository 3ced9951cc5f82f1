import { describe, expect, test } from 'vitest';
import { Routes, type Route } from '../../src/host/route.ts';

function routesOf(...list: readonly Route[]): Routes<Route> {
  const routes = new Routes<Route>();
  for (const route of list) routes.add(route, route);
  return routes;
}

describe('a path takes what is below it', () => {
  const routes = routesOf('/', '/api', '/api/v1/');
  test.each([
    ['/', '/'],
    ['/x', '/'],
    ['/apis', '/'],
    ['/api', '/api'],
    ['/api/', '/api'],
    ['/api?x=/api/v1', '/api'],
    ['/api/x', '/api'],
    ['/api/v1', '/api/v1/'],
    ['/api/v1/', '/api/v1/'],
    ['/api/v1/x?y', '/api/v1/'],
    ['/api/v10', '/api'],
    ['/%61pi', '/'],
    ['/x/../api', '/'],
    ['//api', '/'],
    ['*', '/'],
  ])('%s goes to %s', (pathWithQuery, route) => {
    expect(routes.find({ authority: 'localhost', pathWithQuery })).toBe(route);
  });
});

test('without a route for all, a request may have none', () => {
  const routes = routesOf('/api');
  expect(routes.find({ authority: 'localhost', pathWithQuery: '/other' })).toBeUndefined();
});

describe('a host comes before a longer path', () => {
  const [hosted, deeper, address, any] = [
    { host: 'a.example' },
    { host: 'A.example', path: '/deep' },
    { host: '[::1]', path: '/' },
    '/deep/deeper',
  ];
  const routes = routesOf(hosted, deeper, address, any);
  test.each([
    ['a.example', '/', hosted],
    ['A.EXAMPLE:8080', '/', hosted],
    ['a.example.', '/x', hosted],
    ['a.example', '/deep/deeper', deeper],
    ['[::1]:80', '/x', address],
    ['b.example', '/deep/deeper', any],
    ['b.example', '/deep', undefined],
    ['b.a.example', '/', undefined],
    ['', '/', undefined],
  ])('%s%s', (authority, pathWithQuery, route) => {
    expect(routes.find({ authority, pathWithQuery })).toBe(route);
  });
});

test('what takes all requests alone is known', () => {
  expect(routesOf('/').only).toBe('/');
  expect(routesOf({}).only).toEqual({});
  expect(routesOf('/', '/api').only).toBeUndefined();
  expect(routesOf('/api').only).toBeUndefined();
  expect(routesOf({ host: 'a.example' }).only).toBeUndefined();
  expect(routesOf('/', { host: 'a.example' }).only).toBeUndefined();
  expect(routesOf().only).toBeUndefined();
});

test.each<[Route, string]>([
  ['api', "invalid path 'api' of a route"],
  ['', "invalid path '' of a route"],
  ['/api/*', "invalid path '/api/*' of a route"],
  ['/a?b', "invalid path '/a?b' of a route"],
  [{ host: 'https://a.example' }, "invalid host 'https://a.example' of a route"],
  [{ host: 'a.example:80' }, "invalid host 'a.example:80' of a route"],
  [{ host: '' }, "invalid host '' of a route"],
  [{ path: 7 } as never, 'invalid path 7 of a route'],
  [{ paht: '/' } as never, 'invalid route {"paht":"/"}'],
  [undefined as never, 'invalid route undefined'],
  [['/a'] as never, 'invalid route ["/a"]'],
])('%j is not a route', (route, message) => {
  expect(() => routesOf(route)).toThrow(message);
});

test.each<[Route, Route, string]>([
  ['/', {}, "a handler is already mounted at '/'"],
  ['/api', '/api/', "a handler is already mounted at '/api'"],
  [
    { host: 'a.example', path: '/x' },
    { host: 'A.example.', path: '/x' },
    "a handler is already mounted at 'a.example/x'",
  ],
])('%j and %j are the same route', (one, other, message) => {
  expect(() => routesOf(one, other)).toThrow(message);
});
