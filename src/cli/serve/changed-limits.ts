import { type NamedOption, listOptions, toArgument } from '../../config/named-option.ts';
import type { ServePlan } from './serve-plan.ts';

/** The limits that every start record shows. */
const ALWAYS_TOLD: ReadonlySet<string> = new Set(['timeoutMs', 'maxConcurrentRequests', 'maxQueuedRequests']);

/** The limits of a plan that are not at their defaults, and what guests may call, as options: `--cpu-timeout 5s`, `--limit handles=7`. */
export function listChangedLimits({ load, host }: Pick<ServePlan, 'load' | 'host'>): string[] {
  const options = listOptions();
  const limits = options.filter(({ isLimit }) => isLimit);
  return [...options.filter(({ isLimit }) => !isLimit), ...limits].flatMap((named) => {
    const { owner, key, isLimit, option } = named;
    if (owner === 'command' || owner === 'compare' || ALWAYS_TOLD.has(key) || !isLimiting(named)) return [];
    const given: { readonly limits?: object | undefined } = owner === 'load' ? load : host;
    const value: unknown = Object.entries((isLimit ? given.limits : given) ?? {}).find(([name]) => name === key)?.[1];
    if (value === undefined || value === option.default) return [];
    const values = option.kind.isList ? (value as readonly unknown[]).map((one) => [one]) : [value];
    return values.map((one) => `${toArgument(named)}${option.kind.format(one)}`);
  });
}

function isLimiting({ key, option }: NamedOption): boolean {
  return key === 'outbound' || option.group === 'Limits' || option.group === 'Limits on clients';
}
