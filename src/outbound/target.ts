import { isAuthority } from '../http/syntax.ts';

/** Where an outgoing request goes. */
export interface Target {
  readonly scheme: 'http' | 'https';
  /** In lower case, and without the brackets of an IPv6 address, as name resolution takes it. */
  readonly host: string;
  readonly port: number;
  /** Equal for all requests that may share a connection. */
  readonly key: string;
}

export const DEFAULT_PORTS = Object.freeze({ http: 80, https: 443 });

/** Parses an authority; `undefined` if it is not `host[:port]`. Source: RFC 9110, 4.2. */
export function parseTarget(scheme: 'http' | 'https', authority: string): Target | undefined {
  if (!isAuthority(authority)) return undefined;
  const [, bracketed, name, digits = ''] = /^(?:\[(.*)\]|([^:]*))(?::(.*))?$/.exec(authority) ?? [];
  const host = (bracketed ?? name ?? '').toLowerCase();
  const port = digits === '' ? DEFAULT_PORTS[scheme] : Number(digits);
  if (host === '' || port === 0) return undefined;
  return { scheme, host, port, key: `${scheme}://${host} ${port}` };
}
