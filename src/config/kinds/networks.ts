import { parseIpNetwork } from '../../util/ip-network.ts';
import { err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

/** IP addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. In an environment variable commas part them. */
export function networksKind(): OptionKind<readonly string[]> {
  return {
    name: 'list',
    placeholder: '<network>',
    isList: true,
    type: 'an array of strings',
    parse: (texts) => {
      const wrong = texts.find((text) => parseIpNetwork(text) === undefined);
      return wrong === undefined
        ? ok(texts)
        : err(`'${wrong}' is not an address or network, write 10.0.0.1 or 10.0.0.0/8`);
    },
    check: (value) => (isNetworks(value) ? undefined : 'give an array of addresses and networks, such as 10.0.0.0/8'),
    format: (networks) => networks.join(', '),
  };
}

function isNetworks(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string' && parseIpNetwork(text) !== undefined);
}
