import type { CommandOptions } from '../../config/command-options.ts';
import { parseOptionText } from '../../config/check-option.ts';
import { type NamedOption, listOptions } from '../../config/named-option.ts';
import type { ComponentOptions, HostOptions, ListenerOptions, LoadOptions } from '../../config/options.ts';
import { parseLimitFlags } from './limit-flags.ts';
import type { Spelled } from './spelled.ts';
import { readVariables } from './variables.ts';
import { type WasmtimeTexts, parseWasmtimeFlags } from './wasmtime-flags.ts';

/** The options of `serve` as they were written. */
export interface GivenFlags {
  /** By the names of flags: `max-head`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** `name=value`, by the names of our limits. */
  readonly limits: readonly string[];
  readonly wasmtime: WasmtimeTexts;
}

/** The options that were given, by owner, each checked. */
export interface Settings {
  readonly command: CommandOptions;
  readonly listener: ListenerOptions;
  readonly host: HostOptions;
  readonly component: ComponentOptions;
  readonly load: LoadOptions;
  /** Those without effect, as they were written: `-S nn`. */
  readonly ignored: readonly string[];
}

/** What flags and environment variables say; flags win, and of wasmtime's ours. Throws `HostError` if one is unknown or wrong. */
export function readSettings(given: GivenFlags, env: NodeJS.ProcessEnv): Settings {
  const options = listOptions();
  const wasmtime = parseWasmtimeFlags(given.wasmtime, options);
  const spelled = [
    ...readVariables(env, options),
    ...wasmtime.spelled,
    ...parseLimitFlags(given.limits, options),
    ...spellFlags(given.flags, options),
  ];
  const settings = { command: {}, listener: {}, host: {}, component: {}, load: {}, ignored: wasmtime.ignored };
  for (const { named, where, texts } of lastOfEach(spelled)) {
    const fields: Record<string, unknown> = settings[named.owner];
    const value = parseOptionText(named.option, texts, where, env);
    if (named.isLimit) fields['limits'] = { ...(fields['limits'] as object | undefined), [named.key]: value };
    else fields[named.key] = value;
  }
  return settings;
}

function spellFlags(flags: GivenFlags['flags'], options: readonly NamedOption[]): Spelled[] {
  return options.flatMap((named): Spelled[] => {
    const { flag } = named.option;
    const texts = flag === undefined ? undefined : flags.get(flag);
    return texts === undefined ? [] : [{ named, where: `--${flag}`, texts }];
  });
}

/** The last wins, whole: the flags of a list take the place of its variable. */
function lastOfEach(spelled: readonly Spelled[]): Iterable<Spelled> {
  return new Map(spelled.map((one) => [one.named, one])).values();
}
