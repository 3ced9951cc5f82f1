import { accessLogKind } from './kinds/access-log.ts';
import { type HostAndPort, addressKind, addressesKind } from './kinds/address.ts';
import { blobStoresKind } from './kinds/blob-stores.ts';
import { callbackKind } from './kinds/callback.ts';
import { choiceKind, switchKind } from './kinds/choice.ts';
import { countKind, workersKind } from './kinds/count.ts';
import { type GivenDirectory, directoriesKind } from './kinds/directories.ts';
import { durationKind } from './kinds/duration.ts';
import { folderKind } from './kinds/folder.ts';
import { keyValueStoresKind } from './kinds/key-value-stores.ts';
import { networksKind } from './kinds/networks.ts';
import type { OptionKind } from './kinds/option-kind.ts';
import { patternsKind } from './kinds/patterns.ts';
import { requestFieldsKind } from './kinds/request-fields.ts';
import { sizeKind } from './kinds/size.ts';
import { textKind } from './kinds/text.ts';
import { variablesKind } from './kinds/variables.ts';

/** The headings of `--help`, in order. */
export const GROUPS = [
  'Comparing',
  'Requests',
  'Load',
  'Serving',
  'Guest',
  'Limits',
  'Limits on clients',
  'Output',
  'Engine',
] as const;

export type Group = (typeof GROUPS)[number];

/** The properties of all options, whatever their kind. */
interface Entry<Default> {
  /** The flag without dashes. The environment variable is named after it: `WASI_SERVE_MAX_HEAD`. */
  readonly flag?: string;
  /** The flag's letter. */
  readonly short?: string;
  /** wasmtime's name of the flag, if that is another. */
  readonly wasmtimeFlag?: string;
  /** wasmtime's spelling: `W timeout` is `-W timeout=VALUE`. */
  readonly wasmtime?: string;
  readonly group: Group;
  readonly default: Default;
  /** A description of the default, if it depends on something. */
  readonly otherwise?: string;
  readonly help: string;
  /** Not shown in `--help`: accepted for compatibility with wasmtime. */
  readonly isHidden?: true;
}

/** An option: its spelling, its valid values, and its help. Its JavaScript property is its key in the table. */
export interface Option<T> extends Entry<T> {
  readonly kind: OptionKind<T>;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

type ValueOf<O> = O extends Option<infer T> ? T : never;

/** The options of a table as a caller passes them: `undefined` means the default. */
export type OptionsOf<Table extends OptionTable> = { readonly [Key in keyof Table]?: ValueOf<Table[Key]> | undefined };

/** The options of a table with every default filled in. */
export type ConfigOf<Table extends OptionTable> = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

interface NumberEntry<Default> extends Entry<Default> {
  /** What 0 means, if it has a special meaning: `no limit`. */
  readonly zero?: string;
}

/** A number of bytes: at least 1, unless 0 has a meaning. */
export function size<Default extends number | undefined>(entry: NumberEntry<Default>): Option<number | Default> {
  return {
    ...entry,
    help: withZero(entry),
    kind: sizeKind({ min: entry.zero === undefined ? 1 : 0, zero: entry.zero }),
  };
}

/** A number of milliseconds: at least 1, unless 0 has a meaning. */
export function duration<Default extends number | undefined>(entry: NumberEntry<Default>): Option<number | Default> {
  return {
    ...entry,
    help: withZero(entry),
    kind: durationKind({ min: entry.zero === undefined ? 1 : 0, zero: entry.zero }),
  };
}

/** A whole number from `min`. */
export function count(entry: Entry<number> & { readonly min: number }): Option<number> {
  return { ...entry, kind: countKind(entry.min) };
}

export function workers(entry: Entry<number>): Option<number> {
  return { ...entry, kind: workersKind() };
}

/** One of several words. */
export function choice<const Words extends readonly string[]>(
  words: Words,
  entry: Entry<Words[number]>,
): Option<Words[number]> {
  return { ...entry, kind: choiceKind<Words[number]>(words) };
}

/** Where lines for requests go. */
export function accessLog(entry: Entry<string>): Option<string> {
  return { ...entry, kind: accessLogKind() };
}

/** A switch that is `off` unless the flag is given. */
export function toggle<const Off extends string | boolean, const On extends string | boolean>(
  { off, on }: { readonly off: Off; readonly on: On },
  entry: Omit<Entry<Off>, 'default'>,
): Option<Off | On> {
  return { ...entry, default: off, kind: switchKind(off, on) };
}

/** A switch whose default depends on something. */
export function optionalSwitch(entry: Omit<Entry<undefined>, 'default'>): Option<boolean | undefined> {
  return { ...entry, default: undefined, kind: switchKind(false, true) as OptionKind<boolean | undefined> };
}

export function address(entry: Entry<undefined>): Option<HostAndPort | undefined> {
  return { ...entry, kind: addressKind() };
}

export function addresses(entry: Entry<readonly HostAndPort[]>): Option<readonly HostAndPort[]> {
  return { ...entry, kind: addressesKind() };
}

export function folder(entry: Entry<undefined>): Option<string | false | undefined> {
  return { ...entry, kind: folderKind() };
}

/** Directories of the host. */
export function directories(entry: Entry<readonly GivenDirectory[]>): Option<readonly GivenDirectory[]> {
  return { ...entry, kind: directoriesKind() };
}

export function variables(entry: Entry<Readonly<Record<string, string>>>): Option<Readonly<Record<string, string>>> {
  return { ...entry, kind: variablesKind() };
}

export function keyValueStores(
  entry: Entry<Readonly<Record<string, string>>>,
): Option<Readonly<Record<string, string>>> {
  return { ...entry, kind: keyValueStoresKind() };
}

export function blobStores(entry: Entry<Readonly<Record<string, string>>>): Option<Readonly<Record<string, string>>> {
  return { ...entry, kind: blobStoresKind() };
}

export function requestFields(entry: Entry<RequestFields>): Option<RequestFields> {
  return { ...entry, kind: requestFieldsKind() };
}

type RequestFields = readonly (readonly [name: string, value: string])[];

export function patterns(entry: Entry<undefined>): Option<readonly string[] | undefined> {
  return { ...entry, kind: patternsKind() };
}

/** Any text. */
export function text<Default extends string | undefined>(entry: Entry<Default>): Option<string | Default> {
  return { ...entry, kind: textKind() };
}

/** IP addresses and networks. */
export function networks(entry: Entry<readonly string[]>): Option<readonly string[]> {
  return { ...entry, kind: networksKind() };
}

export function callback<Callback extends (...args: never) => unknown>(entry: Entry<Callback>): Option<Callback> {
  return { ...entry, kind: callbackKind<Callback>() };
}

/** A callback that may be left out. */
export function optionalCallback<Callback extends (...args: never) => unknown>(
  entry: Entry<undefined>,
): Option<Callback | undefined> {
  return { ...entry, kind: callbackKind<Callback>() };
}

function withZero({ help, zero }: NumberEntry<unknown>): string {
  return zero === undefined ? help : `${help}; 0 for ${zero}`;
}

/** The defaults of a table. */
export function defaultsOf<Table extends OptionTable>(table: Table): ConfigOf<Table> {
  return Object.fromEntries(Object.entries(table).map(([key, option]) => [key, option.default])) as ConfigOf<Table>;
}

/** Fills in every default of a table. The given options have been checked; one that is `undefined` has its default. */
export function withDefaults<Table extends OptionTable>(table: Table, given: OptionsOf<Table>): ConfigOf<Table> {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultsOf(table), ...Object.fromEntries(present) };
}
