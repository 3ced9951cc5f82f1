import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Trap } from '../../src/util/trap.ts';
import type { FieldEntries } from '../../src/http/field-entries.ts';
import { FORBIDDEN_NAMES } from '../../src/http/forbidden-names.ts';
import { Fields } from '../../src/wasi/http/fields.ts';
import type { OutboundRequest } from '../../src/outbound/send-request.ts';
import { assertWireFields } from '../../src/http/assert-wire-fields.ts';
import { toWireFields } from '../../src/outbound/upstream/wire-fields.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';

const FORGED: readonly unknown[] = [
  ...[...FORBIDDEN_NAMES].flatMap((name) => [
    [name, 'x'],
    [name.toUpperCase(), 'x'],
  ]),
  [7, 'x'],
  [undefined, 'x'],
  [{ toString: () => 'content-type' }, 'x'],
  ['x', 7],
  ['x', undefined],
  ['x', ['a', 'b']],
  ['x', { toString: () => 'a' }],
];

test.each(FORGED)('%j does not go on the wire', (name, value) => {
  const fields = [
    ['good', 'x'],
    [name, value],
  ] as unknown as FieldEntries;
  expect(() => assertWireFields(fields)).toThrow(Trap);
});

test('whatever Fields admits may go on the wire', () => {
  const name = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('Content-Type', 'X-a', 'Host', 'te'));
  const property = fc.property(name, fc.uint8Array({ maxLength: 8 }), (text, bytes) => {
    const fields = Fields.create(new WasiCtx({}));
    fields.append(text, bytes);
    expect(() => assertWireFields(fields.entries)).not.toThrow();
  });
  fc.assert(property, { numRuns: 1000 });
});

describe('an outgoing request', () => {
  const REQUEST: OutboundRequest = {
    method: 'GET',
    scheme: 'http',
    authority: 'example.org',
    pathWithQuery: '/',
    fields: [],
    body: undefined,
    connectTimeoutMs: 1000,
    firstByteTimeoutMs: 1000,
    betweenBytesTimeoutMs: 1000,
  };

  test('with fields that may not be sent is not', () => {
    expect(() => toWireFields({ ...REQUEST, fields: [['transfer-encoding', 'chunked']] })).toThrow(Trap);
  });

  test.each(['a b', 'a\r\nx: y', 'user@host', ''])('to the authority %j is not sent', (authority) => {
    expect(() => toWireFields({ ...REQUEST, authority })).toThrow('HTTP-request-URI-invalid');
  });

  test('sends no content-length other than that of its body', () => {
    const fields: FieldEntries = [
      ['content-length', '7'],
      ['content-length', '7'],
    ];
    expect(toWireFields({ ...REQUEST, fields })).toEqual([['host', 'example.org']]);
  });
});
