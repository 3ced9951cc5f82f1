import { beforeAll, describe, expect, test } from 'vitest';
import { answer, ways } from '../harness/matrix.ts';
import { readFacts } from '../harness/facts.ts';

const FORBIDDEN_NAMES = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
  'http2-settings',
];

const FIELDS_FACTS = [
  ...FORBIDDEN_NAMES.map((name) => `append ${name} -> forbidden`),
  'append Host -> forbidden',
  'set host -> forbidden',
  'delete host -> forbidden',
  'append name "" -> invalid-syntax',
  'append name "a b" -> invalid-syntax',
  'append name "a:b" -> invalid-syntax',
  'append name "a\\n" -> invalid-syntax',
  'append name "café" -> invalid-syntax',
  'append name "(x)" -> invalid-syntax',
  'append value 610a62 -> invalid-syntax',
  'append value 610d62 -> invalid-syntax',
  'append value 610062 -> invalid-syntax',
  'append value 617f62 -> invalid-syntax',
  'append value  -> ok',
  'append value 610962 -> ok',
  'append value 636166e9 -> ok',
  'append value 2073706163656420 -> ok',
  'values kept -> [, a\\tb, caf\\xe9,  spaced ]',
  'append X-One -> ok',
  'append x-two -> ok',
  'append x-one -> ok',
  'entries -> [x-one=1, x-two=2, x-one=3]',
  'get x-ONE -> [1, 3]',
  'has x-ONE -> true',
  'get missing -> []',
  'has missing -> false',
  'get bad name -> []',
  'has bad name -> false',
  'set x-two [a, b] -> ok',
  'get x-two -> [a, b]',
  'set x-two [] -> ok',
  'has x-two after set [] -> false',
  'set one bad of two -> invalid-syntax',
  'get x-one after failed set -> [1, 3]',
  'delete missing -> ok',
  'delete bad name -> invalid-syntax',
  'delete x-one -> ok',
  'entries after delete -> []',
  'incoming append bad name, bad value -> invalid-syntax',
  'incoming append forbidden, bad value -> forbidden',
  'incoming append good name, bad value -> immutable',
  'incoming set good name, bad value -> immutable',
  'incoming append good -> immutable',
  'incoming set good -> immutable',
  'incoming set bad name -> invalid-syntax',
  'incoming delete good -> immutable',
  'incoming delete forbidden -> forbidden',
  'incoming delete bad name -> invalid-syntax',
  'fresh append forbidden, bad value -> forbidden',
  'incoming has host -> false',
  'clone of incoming append -> ok',
  'clone has x-clone -> true',
  'incoming has x-clone -> false',
  'clone after its source grew -> [x-a=1]',
  'fields of a response append -> immutable',
  'from-list [] -> ok',
  'from-list bad name -> invalid-syntax',
  'from-list forbidden -> forbidden',
  'from-list bad value -> invalid-syntax',
  'from-list entries -> [x-a=1, x-b=2, x-a=3]',
];

/** What the `headers` guest reports, decoded: name and value as latin1. */
async function reportedFields(response: Response): Promise<string[]> {
  const lines = (await response.text()).trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', hex = ''] = line.split(': ');
    return `${name}: ${Buffer.from(hex, 'hex').toString('latin1')}`;
  });
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  describe('the head that a guest sees', () => {
    test.each(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PURGE', 'M-SEARCH'])(
      'has the method %s',
      async (method) => {
        await using guest = await answer(way, 'head');
        const response = await guest.send('/', { method });
        expect(await response.text()).toContain(`method: ${method}\n`);
      },
    );

    test.each(['/', '/a?b=c', '/%20%41?%C3%A9', '/a//b', '/?', '/?a?b', "/~!$&'()*+,;=:@"])(
      'has the path %s undecoded',
      async (path) => {
        await using guest = await answer(way, 'head');
        const response = await guest.send(path);
        expect(await response.text()).toContain(`path-with-query: ${path}\n`);
      },
    );

    test('has scheme and authority', async () => {
      await using guest = await answer(way, 'head');
      const response = await guest.send('/');
      expect(await response.text()).toMatch(/^scheme: HTTP\nauthority: 127\.0\.0\.1(:\d+)?$/m);
    });
  });

  describe('fields that a guest sees', () => {
    test('have every byte of a value', async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/', { headers: { 'x-latin': 'caf\u{e9}' } });
      expect(await reportedFields(response)).toContain('x-latin: caf\u{e9}');
    });

    test('have lower-case names', async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/', { headers: { 'X-UPPER': '1' } });
      expect(await reportedFields(response)).toContain('x-upper: 1');
    });

    test('lack what belongs to the connection', async () => {
      await using guest = await answer(way, 'headers');
      const names = (await reportedFields(await guest.send('/'))).map((line) => line.split(':')[0]);
      expect(names.filter((name) => FORBIDDEN_NAMES.includes(name ?? ''))).toEqual([]);
    });

    test("have the client's request id", async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/', { headers: { 'x-request-id': 'my-id' } });
      expect(await reportedFields(response)).toContain('x-request-id: my-id');
    });

    test('have a request id from the host if the client gives none', async () => {
      await using guest = await answer(way, 'headers');
      const lines = await reportedFields(await guest.send('/'));
      expect(lines.filter((line) => /^x-request-id: [0-9a-f-]{36}$/.test(line))).toHaveLength(1);
    });

    test("have the operator's fields in place of the client's", async () => {
      await using guest = await answer(way, 'headers', { requestHeaders: [['X-Tenant', 'right']] });
      const lines = await reportedFields(await guest.send('/', { headers: { 'x-tenant': 'wrong' } }));
      expect(lines.filter((line) => line.startsWith('x-tenant'))).toEqual(['x-tenant: right']);
    });
  });

  describe('fields that a guest sends', () => {
    test('keep two cookies two', async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/');
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    });

    test('keep every byte', async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/');
      expect(response.headers.get('x-latin')).toBe('caf\u{e9}');
    });

    test('keep the order of the values of a name', async () => {
      await using guest = await answer(way, 'headers');
      const response = await guest.send('/');
      expect(response.headers.get('x-order-1')).toBe('first, third');
    });
  });
});

describe.each(ways)('the rules of fields, $engine $isolation $exchange', (way) => {
  let facts: string[];

  beforeAll(async () => {
    await using guest = await answer(way, 'fields');
    facts = await readFacts(await guest.send('/'));
  });

  test.each(FIELDS_FACTS)('%s', (fact) => {
    expect(facts).toContain(fact);
  });

  test('there is no other', () => {
    expect(facts).toEqual(FIELDS_FACTS);
  });
});
