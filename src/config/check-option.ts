import { invalid } from './kinds/option-kind.ts';
import type { Option } from './option.ts';

/** Returns the value if it is valid for the option. Throws `HostError` otherwise. `name` is the option's name as it was given. */
export function checkOptionValue<T>({ kind }: Option<T>, value: unknown, name: string): T {
  const advice = kind.check(value);
  if (advice !== undefined) throw invalid(name, value, advice);
  return value as T;
}

/** Parses the texts of an option: one, or several for a list. Throws `HostError` if they are invalid, with the same message. */
export function parseOptionText<T>(
  { kind }: Option<T>,
  texts: readonly string[],
  name: string,
  env: NodeJS.ProcessEnv,
): T {
  const value = kind.parse(texts, env);
  if (value.tag === 'err') throw invalid(name, texts.join("', '"), value.val);
  return value.val;
}
