import { type Limit, toLimitName } from '../util/limits.ts';
import { COMMAND_OPTIONS } from './command-options.ts';
import { COMPARE_OPTIONS } from './compare-options.ts';
import { OWNERS, type Owner } from './to-serve-config.ts';
import { countKind } from './kinds/count.ts';
import { sizeKind } from './kinds/size.ts';
import type { Option, OptionTable } from './option.ts';

export type OwnerName = keyof typeof OWNERS | 'command' | 'compare';

/** An option and its names. */
export interface NamedOption {
  readonly owner: OwnerName;
  /** Its property in JavaScript. */
  readonly key: string;
  /** Whether it is a property of `limits`. */
  readonly isLimit: boolean;
  readonly option: Option<unknown>;
}

/** All options, by owner: the source of `--help`, the environment variables, wasmtime's spellings and docs/options.md. */
export function listOptions(): readonly NamedOption[] {
  const ofOwners = (Object.entries(OWNERS) as [keyof typeof OWNERS, Owner][]).flatMap(
    ([owner, { options, limits }]) => [
      ...nameOptions(owner, options),
      ...Object.entries(limits).map(([key, limit]) => ({ owner, key, isLimit: true, option: toOption(limit) })),
    ],
  );
  return [...nameOptions('command', COMMAND_OPTIONS), ...ofOwners, ...nameOptions('compare', COMPARE_OPTIONS)];
}

function nameOptions(owner: OwnerName, options: OptionTable): NamedOption[] {
  return Object.entries(options).map(([key, option]) => ({ owner, key, isLimit: false, option }));
}

function toOption({ unit, min, origin, ...limit }: Limit): Option<number> {
  const kind = unit === 'bytes' ? sizeKind({ min }) : countKind(min);
  return { ...limit, ...(origin === undefined ? {} : { otherwise: origin }), group: 'Limits', kind };
}

/** The name of an option's environment variable; `undefined` if it can only be set in JavaScript. */
export function toVariable({ key, isLimit, option }: NamedOption): string | undefined {
  const name = isLimit ? `limit-${toLimitName(key)}` : (option.flag ?? option.wasmtime?.slice('W '.length));
  return name === undefined ? undefined : `WASI_SERVE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** How an option is written on the command line, before its value: `--max-head `, `--limit handles=`, `-W timeout=`. */
export function toArgument({ key, isLimit, option }: NamedOption): string | undefined {
  if (isLimit) return `--limit ${toLimitName(key)}=`;
  if (option.flag !== undefined) return `--${option.flag}${option.kind.placeholder === '' ? '' : ' '}`;
  return option.wasmtime === undefined ? undefined : `-${option.wasmtime}=`;
}

/** The default of an option as text; `undefined` if there is none. */
export function describeDefault({ option }: NamedOption): string | undefined {
  const { default: value, otherwise, kind } = option;
  if (otherwise !== undefined) return otherwise;
  if (value === undefined || kind.isList) return undefined;
  return value === 0 ? '0' : kind.format(value);
}

/** As `describeDefault`, for the end of a text about the option. */
export function appendDefault(named: NamedOption): string {
  const text = describeDefault(named);
  return text === undefined ? '' : ` (default: ${text})`;
}
