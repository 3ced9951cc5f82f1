import { type Result, err, ok } from '../../util/result.ts';
import type { WireField } from '../wire/wire-reply.ts';
import { toWireText, toTarget } from './curl.ts';
import type { PlainRequest } from './probe.ts';

/** What browsers write besides fields of HTTP/1, and what says how the message is framed. */
const LEFT_OUT =
  /^(?::|connection$|content-length$|transfer-encoding$|host$|keep-alive$|proxy-connection$|upgrade$|http2-settings$)/i;

/** The token of a method or a name. Source: RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * The requests of a HAR file, in its order, with `host` as their host.
 *
 * Source: HAR 1.2, log.entries[].request. Error: what is wrong with the file, and in which entry.
 */
export function parseHar(text: string, host: string): Result<PlainRequest[], string> {
  let har: unknown;
  try {
    har = JSON.parse(text);
  } catch (error) {
    return err(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const entries = at(at(har, 'log'), 'entries');
  if (!Array.isArray(entries)) return err('not a HAR file: it has no log.entries');
  const requests: PlainRequest[] = [];
  for (const [index, entry] of entries.entries()) {
    const request = toRequest(at(entry, 'request'), host);
    if (request.tag === 'err') return err(`entry ${index + 1}: ${request.val}`);
    requests.push(request.val);
  }
  return ok(requests);
}

function toRequest(request: unknown, host: string): Result<PlainRequest, string> {
  const [method, url, headers] = [at(request, 'method'), at(request, 'url'), at(request, 'headers')];
  if (typeof method !== 'string' || !TOKEN.test(method)) return err('it has no method');
  const target = typeof url === 'string' && /^https?:/i.test(url) ? toTarget(url) : undefined;
  if (target === undefined) return err('it has no URL of http or https');
  const fields = toFields(headers);
  if (fields.tag === 'err') return fields;
  const body = toBody(at(request, 'postData'));
  return ok({ method, target, fields: [['Host', host], ...fields.val], ...(body !== undefined && { body }) });
}

function toFields(headers: unknown): Result<WireField[], string> {
  if (headers === undefined) return ok([]);
  if (!Array.isArray(headers)) return err('its headers are not a list');
  const fields: WireField[] = [];
  for (const header of headers) {
    const [name, value] = [at(header, 'name'), at(header, 'value')];
    if (typeof name !== 'string' || typeof value !== 'string') return err('a header lacks its name or its value');
    if (LEFT_OUT.test(name)) continue;
    if (!TOKEN.test(name) || /[\r\n\0]/.test(value))
      return err(`a header that HTTP cannot send: ${JSON.stringify(name)}`);
    fields.push([name, toWireText(value)]);
  }
  return ok(fields);
}

/** `encoding` stands in what some browsers write: base64. */
function toBody(data: unknown): Uint8Array | undefined {
  const [text, params] = [at(data, 'text'), at(data, 'params')];
  if (typeof text === 'string' && text !== '') {
    return at(data, 'encoding') === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(text, 'utf8');
  }
  if (!Array.isArray(params) || params.length === 0) return typeof text === 'string' ? Buffer.alloc(0) : undefined;
  const pairs = params.map((param): [string, string] => [textAt(param, 'name'), textAt(param, 'value')]);
  return Buffer.from(new URLSearchParams(pairs).toString());
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textAt(value: unknown, name: string): string {
  const text = at(value, name);
  return typeof text === 'string' ? text : '';
}
