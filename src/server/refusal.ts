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
  const hosts = incoming.headersDistinct['host'] ?? [];
  if (hosts.length === 0) return badRequest('the request has no Host');
  if (hosts.length > 1) return badRequest('the request has more than one Host');
  if (!isAuthority(hosts[0] ?? '')) return badRequest('the Host of the request is not valid');
  const { authority } = targetOf(incoming);
  if (authority !== undefined && !isAuthority(authority))
    return badRequest('the authority of the request is not valid');
  return undefined;
}

/** What a request target says: an authority only in absolute form. Source: RFC 9112, 3.2.2. */
export interface RequestTarget {
  readonly authority: string | undefined;
  readonly pathWithQuery: string;
}

export function targetOf({ url = '/' }: IncomingMessage): RequestTarget {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute === null) return { authority: undefined, pathWithQuery: url };
  const [, authority, rest = ''] = absolute;
  return { authority, pathWithQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

function badRequest(reason: string): Failure {
  return { status: 400, reason };
}
