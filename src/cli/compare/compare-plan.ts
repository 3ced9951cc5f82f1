import { existsSync } from 'node:fs';
import { createBuiltInProbes } from '../../compare/requests/built-in-probes.ts';
import { type Probe, toProbe } from '../../compare/requests/probe.ts';
import { readRequests } from '../../compare/requests/read-requests.ts';
import { splitWords } from '../../compare/requests/split-words.ts';
import { type Peer, parsePeer } from '../../compare/servers/peer.ts';
import { COMPARE_OPTIONS, type CompareConfig } from '../../config/compare-options.ts';
import { withDefaults } from '../../config/option.ts';
import { HostError } from '../../util/host-error.ts';
import { type GivenFlags, readSettings } from '../options/read-settings.ts';

/** The first argument of the process that makes load. */
export const LOAD_ARG = 'compare-load';

/** Everything that `compare` needs to know. */
export interface ComparePlan {
  readonly file: string;
  readonly peer: Peer;
  /** Of wasi-serve, besides the file and the address. */
  readonly ourFlags: readonly string[];
  readonly probes: readonly Probe[];
  /** What the load repeats: well-formed requests. */
  readonly loaded: readonly Probe[];
  /** Asks for the path and no more. */
  readonly plain: Probe;
  readonly minRatio: number | undefined;
  readonly config: CompareConfig;
}

/** What all clients say as `Host` to servers that are started: the same to both, since guests may repeat it. */
const HOST = 'localhost';

/** What the options mean. Throws `HostError` if one is malformed. */
export function toComparePlan(file: string, flags: GivenFlags, env: NodeJS.ProcessEnv): ComparePlan {
  const config = withDefaults(COMPARE_OPTIONS, readSettings(flags, env).compare);
  if (config.with === undefined) {
    throw new HostError('bad-argument', "--with says what to compare with, for example --with 'wasmtime serve'");
  }
  if (!existsSync(file)) throw new HostError('bad-argument', `cannot read ${file}: there is no such file`);
  const both = toWords('--flags', config.bothFlags);
  const peer = parsePeer(config.with, both);
  const host = peer.at === 'url' ? peer.host : HOST;
  const target = checkTarget(config.path);
  const plain = toProbe('requests', `GET ${target}`, { method: 'GET', target, fields: [['Host', host]] });
  const given = config.requestsFile === undefined ? undefined : readRequests(config.requestsFile, host);
  return {
    file,
    peer,
    ourFlags: [...both, ...toWords('--our-flags', config.ourFlags)],
    probes: given ?? createBuiltInProbes({ host, target }),
    loaded: given ?? [plain],
    plain: given?.[0] ?? plain,
    minRatio: config.minRatio === undefined ? undefined : parseRatio(config.minRatio, config.loadSeconds),
    config,
  };
}

function toWords(flag: string, text: string | undefined): readonly string[] {
  const words = splitWords(text ?? '');
  if (words.tag === 'err') throw new HostError('bad-argument', `invalid ${flag} '${text}': ${words.val}`);
  return words.val;
}

function checkTarget(target: string): string {
  if (/^\/[\x21-\x7e]*$/.test(target)) return target;
  throw new HostError(
    'bad-argument',
    `invalid --path '${target}': write a path, with a query or not, as /hello?name=Ada`,
  );
}

function parseRatio(text: string, loadSeconds: number): number {
  const ratio = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || ratio === 0) {
    throw new HostError('bad-argument', `invalid --min-ratio '${text}': write a number above 0, as 2 or 1.5`);
  }
  if (loadSeconds > 0) return ratio;
  throw new HostError('bad-argument', '--min-ratio needs load, of which there is none with --seconds 0');
}
