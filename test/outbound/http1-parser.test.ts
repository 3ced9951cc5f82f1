import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UpstreamFailure } from '../../src/outbound/to-error-code.ts';
import type { FieldEntries } from '../../src/http/field-entries.ts';
import { Http1Parser, MAX_SECTION_BYTES } from '../../src/outbound/upstream/http1-parser.ts';

/** Everything that a parser reported, and its final state. */
interface Told {
  readonly informational: number;
  readonly status: number | undefined;
  readonly fields: FieldEntries;
  readonly text: string;
  readonly trailers: FieldEntries | undefined;
  readonly failure: string | undefined;
  readonly persists: boolean;
}

/** Reads `pieces`, then the end of the connection. */
function parse(pieces: readonly Buffer[], method = 'GET'): Told {
  let [informational, status, fields, text, trailers, failure] = [0, undefined, [], '', undefined, undefined] as [
    number,
    number | undefined,
    FieldEntries,
    string,
    FieldEntries | undefined,
    string | undefined,
  ];
  const parser = new Http1Parser({
    informational: () => (informational += 1),
    head: (toldStatus, toldFields) => ([status, fields] = [toldStatus, toldFields]),
    bytes: (bytes) => (text += Buffer.from(bytes).toString('latin1')),
    end: (toldTrailers) => (trailers = toldTrailers),
  });
  parser.begin(method);
  try {
    for (const piece of pieces) parser.push(piece);
    parser.finish();
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    failure = error.errorCode.tag;
  }
  return { informational, status, fields, text, trailers, failure, persists: parser.persistence.persists };
}

function parseText(text: string, method?: string): Told {
  return parse([Buffer.from(text, 'latin1')], method);
}

/** `text` cut at these places. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b), bytes.byteLength];
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index], end)));
}

const token = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,20}[\x21-\x7e\x80-\xff])?$/);
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);
const sections = fc.array(
  fc.tuple(token, value).filter(([name]) => !FRAMING.has(name.toLowerCase())),
  { maxLength: 6 },
);
const bodies = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  { maxLength: 5 },
);
const places = fc.array(fc.nat(), { maxLength: 12 });

function lines(entries: FieldEntries, end: string): string {
  return entries.map(([name, text]) => `${name}: ${text}${end}`).join('');
}

function lower(entries: FieldEntries): FieldEntries {
  return entries.map(([name, text]) => [name.toLowerCase(), text]);
}

test('a response that a server may send is read as it was meant, however it is cut into pieces', () => {
  const response = fc.record({
    hints: fc.nat({ max: 3 }),
    status: fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
    end: fc.constantFrom('\r\n', '\n'),
    fields: sections,
    pieces: bodies,
    trailers: sections,
    framing: fc.constantFrom('length', 'chunks', 'close'),
    places,
  });
  const property = fc.property(response, ({ hints, status, end, fields, pieces, trailers, framing, places: cuts }) => {
    const body = pieces.join('');
    const frame = {
      length: `content-length: ${body.length}${end}`,
      chunks: `Transfer-Encoding: Chunked${end}`,
      close: '',
    };
    const chunks = pieces.map((piece) => `${piece.length.toString(16)};x="y"\r\n${piece}\r\n`).join('');
    const sent = framing === 'chunks' ? `${chunks}000\r\n${lines(trailers, '\r\n')}\r\n` : body;
    const head = `HTTP/1.1 ${status} any reason${end}${lines(fields, end)}${frame[framing]}${end}`;
    const told = parse(cut(`${`HTTP/1.1 103${end}${end}`.repeat(hints)}${head}${sent}`, cuts));
    expect(told).toMatchObject({ informational: hints, status, text: body, failure: undefined });
    expect(told.fields.slice(0, fields.length)).toEqual(lower(fields));
    expect(told.trailers).toEqual(framing === 'chunks' ? lower(trailers) : []);
    expect(told.persists).toBe(framing !== 'close');
  });
  fc.assert(property, { numRuns: 2000 });
});

/** Texts that are nearly responses. */
const noise = fc
  .array(
    fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK',
        'HTTP/1.1 100 X',
        'HTTP/1.0 204',
        'HTTP/1.1 ',
        '\r\n',
        '\n',
        '\r',
        ':',
        ' ',
        '\t',
        'x: y',
        '\0',
      ],
      ...[
        'content-length: 3',
        'content-length: 3, 3',
        'transfer-encoding: chunked',
        'connection: close',
        '0',
        '3',
        'abc',
        'f;',
      ],
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

test('input is reported in the same way however it is split, and fails, if at all, with an HTTP error code', () => {
  const codes = [undefined, 'HTTP-protocol-error', 'connection-terminated'];
  const property = fc.property(noise, places, fc.constantFrom('GET', 'HEAD'), (text, cuts, method) => {
    const whole = parseText(text, method);
    expect(codes).toContain(whole.failure);
    // Input that is not HTTP may be rejected before the end of its line.
    const told = parse(cut(text, cuts), method);
    if (whole.failure === undefined || told.failure === undefined) expect(told.failure).toBe(whole.failure);
    expect({ ...told, failure: '', persists: '' }).toEqual({ ...whole, failure: '', persists: '' });
  });
  fc.assert(property, { numRuns: 5000 });
});

const MALFORMED = [
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nx : y\r\n\r\n'],
  ['a line that continues another', 'HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n'],
  ['no colon', 'HTTP/1.1 200 OK\r\nx\r\n\r\n'],
  ['a NUL in a value', 'HTTP/1.1 200 OK\r\nx: \0\r\n\r\n'],
  ['a CR in a value', 'HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n'],
  ['a length beyond all measure', `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\n`],
  ['two lengths in one', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a size that is not a number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n'],
  ['a size beyond all measure', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n`],
  ['a size that ends without CR', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
  ['an extension without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(5000)}`],
] as const;

test.each(MALFORMED)('%s is refused', (_what, text) => {
  expect(parseText(text).failure).toBe('HTTP-protocol-error');
});

/** A section of exactly as many bytes as one may have, if `rest` is its end. */
function fill(head: string, rest: string): string {
  return `${head}x: ${'v'.repeat(MAX_SECTION_BYTES - head.length - 7)}\r\n${rest}`;
}

test('a section is as long as it may be, and no longer', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  expect(parseText(fill(head, '\r\n')).failure).toBeUndefined();
  expect(parseText(fill(head, 'y: z\r\n\r\n')).failure).toBe('HTTP-response-header-section-size');
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n';
  expect(parseText(`${chunked}${fill('', '\r\n')}`).failure).toBeUndefined();
  expect(parseText(`${chunked}${fill('', 'y: z\r\n\r\n')}`).failure).toBe('HTTP-response-trailer-section-size');
});

test('a response is complete only when all of it has come', () => {
  const text = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx: y\r\n\r\n';
  for (let length = 0; length < text.length; length += 1) {
    expect(parseText(text.slice(0, length))).toMatchObject({ trailers: undefined, failure: 'connection-terminated' });
  }
  expect(parseText(text)).toMatchObject({ trailers: [['x', 'y']], failure: undefined });
});

test('spaces around a value are not part of it, however many', () => {
  const text = `HTTP/1.1 200 OK\r\nx:${' '.repeat(30_000)}y${' '.repeat(30_000)}\r\n\r\n`;
  expect(parseText(text).fields).toEqual([['x', 'y']]);
});
