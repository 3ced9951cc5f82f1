import type { CommandOptions } from '../../config/command-options.ts';
import type { COMPARE_OPTIONS } from '../../config/compare-options.ts';
import { parseOptionText } from '../../config/check-option.ts';
import { type NamedOption, listOptions } from '../../config/named-option.ts';
import type { OptionsOf } from '../../config/option.ts';
import type { ListenerOptions } from '../../config/listener-options.ts';
import type { ComponentOptions, HostOptions, LoadOptions } from '../../config/options.ts';
import { parseLimitFlags } from './limit-flags.ts';
import type { Spelled } from './spelled.ts';
import { readVariables } from './variables.ts';
import { type WasmtimeTexts, parseWasmtimeFlags } from './wasmtime-flags.ts';

/** The options of `serve` as given. */
export interface GivenFlags {
  /** By flag name: `max-head`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** `name=value`, with the names of our limits. */
  readonly limits: readonly string[];
  /** Flags of wasmtime's without effect. */
  readonly ignored: readonly string[];
  readonly wasmtime: WasmtimeTexts;
}

/** The given options, by owner, checked. */
export interface Settings {
  readonly command: CommandOptions;
  readonly listener: ListenerOptions;
  readonly host: HostOptions;
  readonly component: ComponentOptions;
  readonly load: LoadOptions;
  readonly compare: OptionsOf<typeof COMPARE_OPTIONS>;
  /** What the user should know about options, such as those without effect. */
  readonly notices: readonly string[];
}

/** Reads flags and environment variables. Flags override variables, and our flags override wasmtime's. Throws `HostError` if one is unknown or invalid. */
export function readSettings(given: GivenFlags, env: NodeJS.ProcessEnv): Settings {
  const options = listOptions();
  const wasmtime = parseWasmtimeFlags(given.wasmtime, options);
  const spelled = [
    ...readVariables(env, options),
    ...wasmtime.spelled,
    ...parseLimitFlags(given.limits, options),
    ...spellFlags(given.flags, options),
  ];
  const settings = {
    command: {},
    listener: {},
    host: {},
    component: {},
    load: {},
    compare: {},
    notices: noteIgnored([...given.ignored, ...wasmtime.ignored]),
  };
  for (const { named, where, texts } of lastOfEach(spelled)) {
    const fields: Record<string, unknown> = settings[named.owner];
    const value = parseOptionText(named.option, texts, where, env);
    const note = named.option.kind.note?.(texts, env);
    if (note !== undefined) settings.notices.push(`${where}: ${note}`);
    if (named.isLimit) fields['limits'] = { ...(fields['limits'] as object | undefined), [named.key]: value };
    else fields[named.key] = value;
  }
  return settings;
}

/** `ignored`: options as given, `-S nn`. */
function noteIgnored(ignored: readonly string[]): string[] {
  return ignored.length === 0 ? [] : [`without effect here: ${ignored.join(', ')}`];
}

function spellFlags(flags: GivenFlags['flags'], options: readonly NamedOption[]): Spelled[] {
  return options.flatMap((named): Spelled[] => {
    const { flag } = named.option;
    const texts = flag === undefined ? undefined : flags.get(flag);
    return texts === undefined ? [] : [{ named, where: `--${flag}`, texts }];
  });
}

/** The last source of an option wins as a whole: the flags of a list replace its variable. */
function lastOfEach(spelled: readonly Spelled[]): Iterable<Spelled> {
  return new Map(spelled.map((one) => [one.named, one])).values();
}
