import type { ComponentConfig } from '../config/options.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { SendRequest } from '../outbound/send-request.ts';
import type { OpenStores } from '../state/keyvalue/open-stores.ts';
import { HeldBytes, type HeldTotal } from '../util/held-bytes.ts';
import type { GrantedBlobs } from '../wasi/blobstore/grants.ts';
import type { GrantedDirectories } from '../wasi/filesystem/grants.ts';
import type { ServedRequest } from '../wasi/wasi-ctx.ts';
import { type Grants, createGrants } from '../wasi/interfaces.ts';

/** What all guests of a host are granted alike. */
export interface HostGrants {
  readonly config: ComponentConfig;
  readonly sendRequest: SendRequest;
  readonly keyValueStores: OpenStores['byName'];
  readonly blobs: GrantedBlobs;
  /** Those of `config`, opened. */
  readonly directories: GrantedDirectories | undefined;
  /** What all of them have the host hold. */
  readonly held: HeldTotal;
  /** Tells the operator of a bound that a guest has reached. */
  readonly tell: (what: string) => void;
}

/** Gives the function that says what the guest of a request may touch, of which there may be none yet. `head` is the client's. */
export function createGrant({
  config,
  sendRequest,
  keyValueStores,
  blobs,
  directories,
  held,
  tell,
}: HostGrants): (request: ServedRequest | undefined, head: RequestHead | undefined) => Grants {
  const { limits, timeoutMs, cpuTimeoutMs } = config;
  const shared = {
    ...createGrants({ ...config, sendRequest, keyValueStores, blobs, openedDirectories: directories }),
    limits,
    timeoutMs,
    cpuTimeoutMs,
    tell,
  };
  // V8 copies an object in 20 ns, but in a microsecond if it is frozen, and at times if properties are added: so they are here already.
  const alike = { ...shared, request: undefined, head: undefined, held: undefined };
  return (request, head) => ({ ...alike, request, head, held: new HeldBytes(limits.maxHeldBytes, held) });
}
