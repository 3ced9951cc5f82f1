import type { Command } from '../../compare/machine/processes.ts';
import { selfCommand } from '../../compare/machine/self-command.ts';
import type { Site } from '../../compare/machine/site.ts';
import { quoteWord } from '../../compare/requests/split-words.ts';
import { type StartedServer, startPeer } from '../../compare/servers/start-peer.ts';
import type { Endpoint } from '../../compare/wire/exchange.ts';
import { exchange } from '../../compare/wire/exchange.ts';
import { HostError } from '../../util/host-error.ts';
import { toPrintable } from '../../util/printable.ts';
import type { ComparePlan } from './compare-plan.ts';

/** One of the two servers. */
export interface Side {
  readonly name: string;
  /** What starts it, as one would type it, or its URL. */
  readonly command: string;
  /** `cold`: with empty caches. Throws `HostError` if it gives no reply. */
  start(caches: 'cold' | 'warm'): Promise<Serving>;
}

/** A server that answers. Disposing ends it, if it was started here. */
export interface Serving extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** These are undefined of one that somebody else started. */
  readonly pid: number | undefined;
  readonly startMs: number | undefined;
}

/** Ours first. */
export function toSides(plan: ComparePlan, site: Site): readonly [ours: Side, theirs: Side] {
  const { file, ourFlags, peer } = plan;
  const ours = createSide(plan, site, 'wasi-serve', (address) =>
    // A line for each request is work that others do not do.
    selfCommand(['serve', file, '--addr', address, '--access-log', 'off', ...ourFlags]),
  );
  if (peer.at === 'url') return [ours, createRunning(plan, peer.name, peer.endpoint)];
  const name = peer.name === ours.name ? `${peer.name} (other)` : peer.name;
  return [ours, createSide(plan, site, name, (address) => peer.toCommand(file, address))];
}

/** `wasmtime serve: wasmtime serve … app.wasm`. */
export function describeSide({ name, command }: Side): string {
  return `${name}: ${toPrintable(command)}`;
}

function createSide(
  { plain, config }: ComparePlan,
  site: Site,
  name: string,
  toCommand: (address: string) => Command,
): Side {
  let cacheFolder = site.createFolder('cache');
  return {
    name,
    command: formatCommand(toCommand('{addr}')),
    start: async (caches) => {
      if (caches === 'cold') cacheFolder = site.createFolder('cache');
      const env = { XDG_CACHE_HOME: cacheFolder };
      const server: StartedServer = await startPeer(site, {
        name,
        toCommand: (address) => ({ ...toCommand(address), env }),
        probe: plain,
        timeoutMs: config.startTimeoutMs,
      });
      const { endpoint, child, startMs } = server;
      return { endpoint, pid: child.pid, startMs, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  };
}

function formatCommand({ file, args }: Command): string {
  return [file, ...args].map((word) => (word === '{addr}' ? word : quoteWord(word))).join(' ');
}

function createRunning({ plain, config }: ComparePlan, name: string, endpoint: Endpoint): Side {
  const url = `http://${name}/`;
  return {
    name,
    command: url,
    start: async () => {
      const patience = { replyMs: config.replyTimeoutMs, settleMs: 0 };
      const found = await exchange(endpoint, plain, patience).catch((error: Error) => error);
      if (found instanceof Error) throw new HostError('not-supported', `${url} does not answer: ${found.message}`);
      if (found.replies.length === 0) throw new HostError('not-supported', `${url} gives no reply`);
      return { endpoint, pid: undefined, startMs: undefined, [Symbol.asyncDispose]: async () => undefined };
    },
  };
}
