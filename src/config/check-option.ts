import { invalid } from './kinds/option-kind.ts';
import type { Option } from './option.ts';

/** The value, if the option takes it. Throws `HostError` otherwise. `name` is what the option is called where it was given. */
export function checkOptionValue<T>({ kind }: Option<T>, value: unknown, name: string): T {
  const advice = kind.check(value);
  if (advice !== undefined) throw invalid(name, value, advice);
  return value as T;
}

/** The value that texts say: one, or several of an option that is a list. Throws `HostError` otherwise, with the same message. */
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
