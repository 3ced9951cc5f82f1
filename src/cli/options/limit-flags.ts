import type { NamedOption } from '../../config/named-option.ts';
import { HostError } from '../../util/host-error.ts';
import { DEFAULT_LIMITS, type Limits, toLimitName } from '../../util/limits.ts';
import { suggest } from '../../util/suggest.ts';
import type { HelpItem } from './help-writer.ts';
import type { Spelled } from './spelled.ts';

/** Parses `--limit name=value`. Throws `HostError` if a name is unknown. */
export function parseLimitFlags(texts: readonly string[], options: readonly NamedOption[]): Spelled[] {
  const byName = new Map(limitsOf(options).map((named) => [toLimitName(named.key), named]));
  return texts.map((text) => {
    const equals = text.indexOf('=');
    const name = equals === -1 ? text : text.slice(0, equals);
    const named = byName.get(name);
    if (named === undefined) throw unknownLimit(name, Array.from(byName.keys()));
    if (equals === -1) throw new HostError('bad-argument', `--limit ${name} needs a value: use --limit ${name}=VALUE`);
    return { named, where: `--limit ${name}`, texts: [text.slice(equals + 1)] };
  });
}

function unknownLimit(name: string, names: readonly string[]): HostError {
  const hint = suggest(name, names) || `: use name=value; the names are ${names.join(', ')}`;
  return new HostError('bad-argument', `unknown limit '${name}'${hint}`);
}

/** The name and the default of each limit, for the help. */
export function listLimits(options: readonly NamedOption[]): readonly HelpItem[] {
  return limitsOf(options).map((named) => ({ name: toLimitName(named.key), help: describe(named) }));
}

function describe(named: NamedOption): string {
  const { option } = named;
  const value =
    option.kind.name === 'count'
      ? (option.default as number).toLocaleString('en-US')
      : option.kind.format(option.default);
  return option.otherwise === undefined ? value : `${value}: ${option.otherwise}`;
}

function limitsOf(options: readonly NamedOption[]): readonly NamedOption[] {
  return options.filter(({ isLimit }) => isLimit);
}

/** The default limits that workers share, because the machine's memory exists only once. Without workers, this process has all of it. */
export function shareAmong(workers: number): Pick<Limits, 'maxTotalMemoryBytes' | 'maxTotalHeldBytes'> {
  const { maxTotalMemoryBytes, maxTotalHeldBytes } = DEFAULT_LIMITS;
  const parts = Math.max(1, workers);
  return {
    maxTotalMemoryBytes: Math.floor(maxTotalMemoryBytes / parts),
    maxTotalHeldBytes: Math.floor(maxTotalHeldBytes / parts),
  };
}
