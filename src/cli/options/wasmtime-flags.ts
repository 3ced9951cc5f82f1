import { parseSwitch } from '../../config/kinds/choice.ts';
import { invalid } from '../../config/kinds/option-kind.ts';
import { type NamedOption, appendDefault } from '../../config/named-option.ts';
import { HostError } from '../../util/host-error.ts';
import { suggest } from '../../util/suggest.ts';
import type { Spelled } from './spelled.ts';
import { ALWAYS_LINKED, COMPILER_PREFIX, SAME_NAMES, WASMTIME_NAMES, type WasmtimeGroup } from './wasmtime-names.ts';

/** The texts of each group in order: `inherit-env,cli=y`. */
export type WasmtimeTexts = Readonly<Record<WasmtimeGroup, readonly string[]>>;

/** The parsed wasmtime options. */
interface WasmtimeFlags {
  readonly spelled: readonly Spelled[];
  /** Options without effect, as given: `-S nn`. */
  readonly ignored: readonly string[];
}

interface Flag {
  readonly group: WasmtimeGroup;
  readonly key: string;
  readonly value: string | undefined;
  readonly text: string;
}

/** Parses all of wasmtime's options. Throws `HostError` if neither we nor wasmtime know one's name. */
export function parseWasmtimeFlags(texts: WasmtimeTexts, options: readonly NamedOption[]): WasmtimeFlags {
  const byName = byWasmtimeName(options);
  const flags = (Object.keys(texts) as WasmtimeGroup[]).flatMap((group) =>
    texts[group].flatMap((text) => split(group, text)),
  );
  const ours = Map.groupBy(flags, (flag) => byName.get(nameOf(flag)));
  const spelled = Array.from(ours).flatMap(([named, same]): Spelled[] => {
    if (named === undefined) return [];
    return [{ named, where: `-${named.option.wasmtime}`, texts: same.map(({ value }) => value ?? bareValue(named)) }];
  });
  const others = flags.filter((flag) => !byName.has(nameOf(flag)));
  for (const flag of others) assertKnown(flag, byName);
  return {
    spelled,
    ignored: others.filter((flag) => !isAlwaysLinked(flag)).map(({ group, text }) => `-${group} ${text}`),
  };
}

/** The content of `-W help`. */
interface GroupHelp {
  /** The options that we support. */
  readonly ours: readonly { readonly name: string; readonly help: string }[];
  /** Notes on wasmtime's other options. */
  readonly notes: readonly string[];
}

export function describeGroup(group: WasmtimeGroup, options: readonly NamedOption[]): GroupHelp {
  const ours = Array.from(byWasmtimeName(options)).filter(([name]) => name.startsWith(group));
  const linked = group === 'S' ? [`Always on: ${Array.from(ALWAYS_LINKED).join(', ')}`] : [];
  return {
    ours: ours.map(([name, named]) => ({ name: `-${name}`, help: `${named.option.help}${appendDefault(named)}` })),
    notes: [...linked, `Without effect here: ${Array.from(WASMTIME_NAMES[group]).join(', ')}`],
  };
}

function byWasmtimeName(options: readonly NamedOption[]): ReadonlyMap<string, NamedOption> {
  return new Map(
    options.flatMap((named) => (named.option.wasmtime === undefined ? [] : [[named.option.wasmtime, named] as const])),
  );
}

function nameOf({ group, key }: Flag): string {
  const name = `${group} ${key}`;
  return SAME_NAMES.get(name) ?? name;
}

/** `-S inherit-env` alone means yes; for an option that needs a value, a missing one is an error. */
function bareValue({ option }: NamedOption): string {
  return option.kind.name === 'switch' || option.kind.name === 'folder' ? 'y' : '';
}

function split(group: WasmtimeGroup, text: string): Flag[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const equals = part.indexOf('=');
      const [key, value] = equals === -1 ? [part, undefined] : [part.slice(0, equals), part.slice(equals + 1)];
      return { group, key, value, text: part };
    });
}

function assertKnown({ group, key }: Flag, byName: ReadonlyMap<string, NamedOption>): void {
  if (WASMTIME_NAMES[group].has(key) || (group === 'S' && ALWAYS_LINKED.has(key))) return;
  if (group === 'C' && key.startsWith(COMPILER_PREFIX)) return;
  const ours = Array.from(byName.keys()).filter((name) => name.startsWith(group));
  const hint = suggest(key, [...ours.map((name) => name.slice(2)), ...ALWAYS_LINKED, ...WASMTIME_NAMES[group]]);
  throw new HostError('bad-argument', `unknown option '-${group} ${key}'${hint} (see -${group} help)`);
}

function isAlwaysLinked({ group, key, text, value = 'y' }: Flag): boolean {
  if (group !== 'S' || !ALWAYS_LINKED.has(key)) return false;
  const isOn = parseSwitch(value);
  if (isOn.tag === 'err') throw invalid(`-S ${key}`, text.slice(key.length + 1), isOn.val);
  return isOn.val;
}
