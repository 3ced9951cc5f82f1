import { isAuthority } from '../http/syntax.ts';

/** Where an outgoing request goes. */
export interface Target {
  readonly scheme: 'http' | 'https';
  /** Lower case, an IPv6 address without its brackets, as name resolution takes it. */
  readonly host: string;
  readonly port: number;
  /** The same for all requests that may share a connection. */
  readonly key: string;
}

export const DEFAULT_PORTS = Object.freeze({ http: 80, https: 443 });

/** The target that an authority names; `undefined` where it is not `host[:port]`. Source: RFC 9110, 4.2. */
export function parseTarget(scheme: 'http' | 'https', authority: string): Target | undefined {
  if (!isAuthority(authority)) return undefined;
  const [, bracketed, name, digits = ''] = /^(?:\[(.*)\]|([^:]*))(?::(.*))?$/.exec(authority) ?? [];
  const host = (bracketed ?? name ?? '').toLowerCase();
  const port = digits === '' ? DEFAULT_PORTS[scheme] : Number(digits);
  if (host === '' || port === 0) return undefined;
  return { scheme, host, port, key: `${scheme}://${host} ${port}` };
}
