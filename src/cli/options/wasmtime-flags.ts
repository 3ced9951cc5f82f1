import { HostError } from '../../util/host-error.ts';
import type { Limits } from '../../util/limits.ts';
import { parseDuration } from './duration.ts';
import { parseLimitValue } from './guest-limits.ts';

/** The groups of wasmtime's options, each with its texts in order: `inherit-env,cli=y`. */
export type FlagTexts = Readonly<Record<FlagGroup, readonly string[]>>;
export type FlagGroup = 'S' | 'W' | 'C' | 'O' | 'D';

/** What wasmtime's options mean here. */
export interface Flags {
  readonly inheritEnv: 'all' | 'named';
  /** `undefined` where not given. */
  readonly timeoutMs: number | undefined;
  readonly limits: Partial<Limits>;
  /** A folder, `false` for none, `undefined` for the usual one. */
  readonly cache: string | false | undefined;
  /** Those without effect, as they were written: `-S nn`. */
  readonly ignored: readonly string[];
}

interface Flag {
  readonly group: FlagGroup;
  readonly key: string;
  readonly value: string | undefined;
  readonly text: string;
}

/** `-S` names that hold anyway: what is linked for every component. */
const ALWAYS_ON = new Set(['cli', 'common', 'http', 'preview2', 'inherit-stdout', 'inherit-stderr']);

/** The other `-S` names of wasmtime 48. */
const KNOWN_WASI = new Set(
  (
    'inherit-env cli-exit-with-code nn threads http-outgoing-body-buffer-chunks http-outgoing-body-chunk-size config keyvalue ' +
    'listenfd tcplisten tls nn-graph inherit-network allow-ip-name-lookup tcp udp network-error-code preview0 inherit-stdin cwd ' +
    'config-var keyvalue-in-memory-data p3 max-resources hostcall-fuel max-component-handles max-random-size max-http-fields-size'
  ).split(' '),
);

/** Those that set a limit of ours. */
const LIMITS: readonly (readonly [group: FlagGroup, key: string, limit: keyof Limits])[] = [
  ['W', 'max-memory-size', 'maxMemoryBytes'],
  ['W', 'max-table-elements', 'maxTableElements'],
  ['S', 'max-resources', 'maxHandles'],
  ['S', 'hostcall-fuel', 'maxCallBytes'],
  ['S', 'max-random-size', 'maxRandomBytes'],
  ['S', 'max-http-fields-size', 'maxFieldsBytes'],
];

/** Reads all of wasmtime's options; of several with one name the last counts. Throws `HostError`. */
export function parseFlags(texts: FlagTexts): Flags {
  const flags = (Object.keys(texts) as FlagGroup[]).flatMap((group) =>
    texts[group].flatMap((text) => split(group, text)),
  );
  for (const flag of flags) assertKnown(flag);
  const last = (group: FlagGroup, key: string): Flag | undefined =>
    flags.findLast((flag) => flag.group === group && flag.key === key);
  const inheritEnv = last('S', 'inherit-env');
  const timeout = last('W', 'timeout');
  const cache = last('C', 'cache');
  return {
    inheritEnv: inheritEnv !== undefined && parseSwitch(inheritEnv) === 'on' ? 'all' : 'named',
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout.value ?? ''),
    limits: Object.fromEntries(
      LIMITS.flatMap(([group, key, limit]) => {
        const flag = last(group, key);
        return flag === undefined ? [] : [[limit, parseLimitValue(limit, flag.value ?? '')]];
      }),
    ),
    cache: cache === undefined ? undefined : toCache(cache),
    ignored: flags.filter((flag) => !hasEffect(flag)).map(({ group, text }) => `-${group} ${text}`),
  };
}

function split(group: FlagGroup, text: string): Flag[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const equals = part.indexOf('=');
      const [key, value] = equals === -1 ? [part, undefined] : [part.slice(0, equals), part.slice(equals + 1)];
      return { group, key, value, text: part };
    });
}

function assertKnown({ group, key }: Flag): void {
  if (group !== 'S' || ALWAYS_ON.has(key) || KNOWN_WASI.has(key)) return;
  throw new HostError(
    'bad-argument',
    `-S ${key}: there is no such option; those with an effect are inherit-env, cli and http`,
  );
}

function hasEffect(flag: Flag): boolean {
  const { group, key } = flag;
  if (group === 'S' && ALWAYS_ON.has(key)) return parseSwitch(flag) === 'on';
  if (LIMITS.some(([limitGroup, limitKey]) => group === limitGroup && key === limitKey)) return true;
  return `${group} ${key}` === 'S inherit-env' || `${group} ${key}` === 'W timeout' || `${group} ${key}` === 'C cache';
}

function parseSwitch({ group, text, value = 'y' }: Flag): 'on' | 'off' {
  if (['y', 'yes', 'true'].includes(value)) return 'on';
  if (['n', 'no', 'false'].includes(value)) return 'off';
  throw new HostError('bad-argument', `-${group} ${text}: write y or n after the =`);
}

function toCache({ value = 'y' }: Flag): string | false | undefined {
  if (['y', 'yes', 'true'].includes(value)) return undefined;
  if (['n', 'no', 'false'].includes(value)) return false;
  if (value === '') throw new HostError('bad-argument', '-C cache=: name a folder, or write no');
  return value;
}
