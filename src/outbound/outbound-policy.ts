import { HostError } from '../util/host-error.ts';
import {
  HOST_FORMS,
  type HostPattern,
  isListedAddress,
  isOrdinaryAddress,
  matchesName,
  parseHostPort,
} from './host-pattern.ts';
import { DEFAULT_PORTS, type Target } from './target.ts';

/**
 * What a guest may call: whatever one of the patterns matches, so nothing if there are none. If the policy is `undefined`: everything except special
 * addresses, that is, public, private and loopback addresses, but not link-local ones or metadata services (`special-addresses.ts`).
 *
 * - `scheme://host[:port]`: a name, `*.` and a name for all names below it, or `*` for every host. Special addresses stay denied, whatever the name
 *   resolves to.
 * - `scheme://address[/bits][:port]`: every host that resolves to the address, or to an address in the network. IPv6 is written in brackets:
 *   `[fd00::/8]`. Special addresses are only allowed explicitly: by the address itself, or a network within its block.
 * - The scheme and the port may be `*`; without a port, it is the scheme's default. The pattern `*` is short for `*://*:*`.
 */
export type OutboundPolicy = readonly string[] | undefined;

/** Whether a connection may go to an IP address, in any textual form. */
export type AddressCheck = (address: string) => boolean;

/** Returns the check for a target's addresses; `undefined` if the target is denied whatever its address. */
export type AdmitTarget = (target: Target) => AddressCheck | undefined;

interface Pattern {
  readonly scheme: string;
  readonly host: HostPattern;
  /** `*`, digits, or empty for the scheme's default. */
  readonly port: string;
}

/** Compiles a policy. Throws `HostError` if a pattern is invalid. */
export function compilePolicy(policy: OutboundPolicy): AdmitTarget {
  if (policy === undefined) return () => isOrdinaryAddress;
  const patterns = policy.map(parsePattern);
  return (target) => {
    const hosts = patterns.filter((pattern) => matchesEndpoint(pattern, target)).map(({ host }) => host);
    if (hosts.length === 0) return undefined;
    const networks = hosts.filter((host) => typeof host === 'object');
    const isNamed = networks.length < hosts.length;
    return (address) =>
      (isNamed && isOrdinaryAddress(address)) || networks.some((network) => isListedAddress(network, address));
  };
}

/** Matches everything except the address, which is known only after the name is resolved. */
function matchesEndpoint({ scheme, host, port }: Pattern, target: Target): boolean {
  if (scheme !== '*' && scheme !== target.scheme) return false;
  if (port !== '*' && Number(port || DEFAULT_PORTS[target.scheme]) !== target.port) return false;
  return typeof host === 'object' || matchesName(host, target.host);
}

function parsePattern(text: string): Pattern {
  if (text === '*') return { scheme: '*', host: '*', port: '*' };
  const fail = (reason: string): never => {
    throw new HostError('bad-argument', `invalid outbound pattern '${text}': ${reason}; ${FORMS}`);
  };
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text.toLowerCase()) ?? fail('missing scheme');
  if (!['http', 'https', '*'].includes(scheme ?? '')) return fail(`scheme '${scheme}' is not http, https or *`);
  const parsed = parseHostPort(rest ?? '');
  return parsed.tag === 'err' ? fail(parsed.val) : { scheme: scheme ?? '*', ...parsed.val };
}

const FORMS = `use scheme://host[:port], where host is ${HOST_FORMS}`;
