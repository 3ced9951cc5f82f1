import { isIPv6 } from 'node:net';
import { type Result, err, ok } from '../../util/result.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** Where to listen. */
export interface HostAndPort {
  readonly hostname: string;
  readonly port: number;
}

export function addressKind(): OptionKind<HostAndPort> {
  return scalar({
    name: 'address',
    placeholder: '<host:port>',
    type: '{ hostname, port }',
    parse: parseAddress,
    check: (value) => (isAddress(value) ? undefined : 'give { hostname, port }, with a port from 0 to 65535'),
    format: formatAddress,
  });
}

/** Several addresses. In an environment variable commas part them. */
export function addressesKind(): OptionKind<readonly HostAndPort[]> {
  return {
    name: 'list',
    placeholder: '<host:port>',
    isList: true,
    type: 'an array of { hostname, port }',
    parse: (texts) => {
      const parsed = texts.map(parseAddress);
      const wrong = parsed.find((address) => address.tag === 'err');
      return wrong ?? ok(parsed.flatMap((address) => (address.tag === 'ok' ? [address.val] : [])));
    },
    check: (value) =>
      Array.isArray(value) && value.length > 0 && value.every(isAddress)
        ? undefined
        : 'give an array of { hostname, port }, with ports from 0 to 65535',
    format: (addresses) => addresses.map(formatAddress).join(', '),
  };
}

function formatAddress({ hostname, port }: HostAndPort): string {
  return `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
}

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (of 127.0.0.1). */
function parseAddress(text: string): Result<HostAndPort, string> {
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:[\]\s/]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  if (parts === undefined) return err(adviseOn(text));
  const { ipv6, name, port } = parts;
  if (Number(port) > 65_535) return err('the last port is 65535');
  if (ipv6 !== undefined && !isIPv6(ipv6)) return err(`'${ipv6}' is not an IPv6 address`);
  return ok({ hostname: ipv6 ?? (name === '' || name === undefined ? '127.0.0.1' : name), port: Number(port) });
}

function adviseOn(text: string): string {
  if (isIPv6(text) || /^[0-9a-f:]+:\d+$/i.test(text)) return 'put an IPv6 address in brackets, as in [::1]:8080';
  if (/^\d+$/.test(text)) return `write 127.0.0.1:${text} or 0.0.0.0:${text}`;
  return 'write HOST:PORT, as in 127.0.0.1:8080';
}

function isAddress(value: unknown): value is HostAndPort {
  if (typeof value !== 'object' || value === null) return false;
  const { hostname, port } = value as Partial<Record<keyof HostAndPort, unknown>>;
  return typeof hostname === 'string' && hostname !== '' && Number.isInteger(port) && isPort(port as number);
}

function isPort(port: number): boolean {
  return port >= 0 && port <= 65_535;
}
