import type { IncomingMessage } from 'node:http';
import { isAuthority } from '../wasi/http/syntax.ts';
import type { Failure } from './error-reply.ts';

/** A longer request target is refused. */
const MAX_TARGET_BYTES = 8 * 1024;

/** Why no guest should see a request that Node has accepted, if there is a reason. Source: RFC 9112, 3.2. */
export function refusalOf(incoming: IncomingMessage): Failure | undefined {
  if ((incoming.url ?? '').length > MAX_TARGET_BYTES)
    return { status: 414, reason: 'the target of the request is too long' };
  if (incoming.url === '*' && incoming.method !== 'OPTIONS') return badRequest('only OPTIONS takes the target *');
  const target = targetOf(incoming);
  if (target === undefined) return badRequest('the target of the request is neither a path nor an http URL');
  const { host } = incoming.headers;
  if (host === undefined) return badRequest('the request has no Host');
  if (countHosts(incoming.rawHeaders) > 1) return badRequest('the request has more than one Host');
  if (!isAuthority(host)) return badRequest('the Host of the request is not valid');
  if (target.authority !== undefined && !isAuthority(target.authority))
    return badRequest('the authority of the request is not valid');
  return undefined;
}

/** What a request target says: an authority only in absolute form. Source: RFC 9112, 3.2.2. */
export interface RequestTarget {
  readonly authority: string | undefined;
  readonly pathWithQuery: string;
}

/** `undefined` where it is neither a path, nor `*`, nor the URL of something that HTTP serves. */
export function targetOf({ url = '/' }: IncomingMessage): RequestTarget | undefined {
  if (url.startsWith('/') || url === '*') return { authority: undefined, pathWithQuery: url };
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute === null) return undefined;
  const [, authority, rest = ''] = absolute;
  return { authority, pathWithQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Node keeps the first of several in `headers`. Shape of `raw`: names and values in turn. */
function countHosts(raw: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function badRequest(reason: string): Failure {
  return { status: 400, reason };
}
