import { isIPv6 } from 'node:net';
import type { Address } from '../../server/http1/listen.ts';
import { HostError } from '../../util/host-error.ts';

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (of 127.0.0.1). Throws `HostError` where it is none. */
export function parseAddress(text: string): Address {
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:[\]\s/]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  if (parts === undefined) throw new HostError('bad-argument', `'${text}' is no address: ${advice(text)}`);
  const { ipv6, name, port } = parts;
  if (Number(port) > 65_535)
    throw new HostError('bad-argument', `'${text}' has the port ${port}; the last one is 65535`);
  if (ipv6 !== undefined && !isIPv6(ipv6)) throw new HostError('bad-argument', `'${ipv6}' is no IPv6 address`);
  return { hostname: ipv6 ?? (name === '' || name === undefined ? '127.0.0.1' : name), port: Number(port) };
}

function advice(text: string): string {
  if (isIPv6(text) || /^[0-9a-f:]+:\d+$/i.test(text)) return 'put an IPv6 address in brackets, as in [::1]:8080';
  if (/^\d+$/.test(text)) return `write 127.0.0.1:${text} or 0.0.0.0:${text}`;
  return 'write HOST:PORT, as in 127.0.0.1:8080';
}
