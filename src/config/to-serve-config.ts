import { HostError } from '../util/host-error.ts';
import { DEFAULT_LIMITS, HOST_LIMITS, INSTANCE_LIMITS, type Limit, REQUEST_LIMITS } from '../util/limits.ts';
import { suggest } from '../util/suggest.ts';
import { checkOptionValue } from './check-option.ts';
import { checkWhole, invalid } from './kinds/option-kind.ts';
import { type Option, type OptionTable, defaultsOf } from './option.ts';
import { type ClientLimits, LISTENER_OPTIONS, type ListenerOptions } from './listener-options.ts';
import {
  COMPONENT_OPTIONS,
  type ComponentConfig,
  type ComponentOptions,
  HOST_OPTIONS,
  type HostConfig,
  type HostOptions,
  LOAD_OPTIONS,
  type LoadConfig,
  type LoadOptions,
  type ServeConfig,
  type ServeOptions,
} from './options.ts';

/** What of the program's the options are for, and where JavaScript gives them. */
export interface Owner {
  readonly givenTo: string;
  readonly options: OptionTable;
  readonly limits: Readonly<Record<string, Limit>>;
}

export const OWNERS = Object.freeze({
  load: { givenTo: 'loadComponent', options: LOAD_OPTIONS, limits: INSTANCE_LIMITS },
  component: { givenTo: 'host.mount', options: COMPONENT_OPTIONS, limits: REQUEST_LIMITS },
  host: { givenTo: 'createHost', options: HOST_OPTIONS, limits: HOST_LIMITS },
  listener: { givenTo: 'host.listen', options: LISTENER_OPTIONS, limits: {} },
} satisfies Readonly<Record<string, Owner>>);

/** Options of a host, its listeners and its one component with every default filled in. Throws `HostError` if one is wrong. */
export function toServeConfig(given: ServeOptions): ServeConfig {
  return complete(given, { by: 'createHost', owners: [OWNERS.listener, OWNERS.host, OWNERS.component] });
}

/** Options of a host and its listeners with every default filled in. Throws `HostError` if one is wrong. */
export function toHostConfig(given: HostOptions & ListenerOptions): HostConfig & ClientLimits {
  return complete(given, { by: 'createHost', owners: [OWNERS.host, OWNERS.listener] });
}

/** Options of a listener; those that are not given are as its host's. Throws `HostError` if one is wrong. */
export function toListenerConfig(given: ListenerOptions, ofHost: ClientLimits): ClientLimits {
  const config: ClientLimits = complete(given, { by: 'host.listen', owners: [OWNERS.listener] });
  const left = Object.entries(ofHost).filter(([name]) => given[name as keyof ClientLimits] === undefined);
  return { ...config, ...Object.fromEntries(left.filter(([name]) => Object.hasOwn(LISTENER_OPTIONS, name))) };
}

/** Options of a component with every default filled in. Throws `HostError` if one is wrong. */
export function toComponentConfig(given: ComponentOptions): ComponentConfig {
  return complete(given, { by: 'host.mount', owners: [OWNERS.component] });
}

/** Options of a load with every default filled in. `beside` is what stands among them. Throws `HostError` if one is wrong. */
export function toLoadConfig<Given extends LoadOptions>(given: Given, beside: readonly string[]): Given & LoadConfig {
  return complete(given, { by: 'loadComponent', owners: [OWNERS.load], beside });
}

/** Options that are given together, apart: those of a load, with what stands among them, and all others. */
export function splitOptions<Load extends LoadOptions>(
  given: Load & ServeOptions,
  beside: readonly string[],
): { readonly load: Load; readonly serve: ServeOptions } {
  const isOfLoad = (name: string): boolean => Object.hasOwn(LOAD_OPTIONS, name) || beside.includes(name);
  const [ofLoad, others] = partition(given, isOfLoad);
  if (typeof given.limits !== 'object' || given.limits === null) return { load: ofLoad as Load, serve: others };
  const [loadLimits, limits] = partition(given.limits, (name) => Object.hasOwn(INSTANCE_LIMITS, name));
  return { load: { ...ofLoad, limits: loadLimits } as Load, serve: { ...others, limits } };
}

function partition(given: object, isFirst: (name: string) => boolean): [first: object, others: object] {
  const { first = [], others = [] } = Object.groupBy(Object.entries(given), ([name]) =>
    isFirst(name) ? 'first' : 'others',
  );
  return [Object.fromEntries(first), Object.fromEntries(others)];
}

/** Who takes which options. */
interface Taker {
  readonly by: string;
  readonly owners: readonly Owner[];
  /** Names that are not options, but stand among them. */
  readonly beside?: readonly string[];
}

function complete<Config>(given: object, taker: Taker): Config {
  if (typeof given !== 'object' || given === null) throw invalid(`options of ${taker.by}`, given, 'give an object');
  const { owners, beside = [] } = taker;
  const options: OptionTable = Object.assign({}, ...owners.map((owner) => owner.options));
  const config: Record<string, unknown> = { ...defaultsOf(options), limits: defaultLimits(owners) };
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (value === undefined) continue;
    if (name === 'limits') config[name] = completeLimits(value, taker);
    else if (beside.includes(name)) config[name] = value;
    else config[name] = checkOptionValue(findOption(name, options, taker), value, name);
  }
  return config as Config;
}

function findOption(name: string, options: OptionTable, { by, beside = [] }: Taker): Option<unknown> {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option !== undefined) return option;
  const owner = Object.values(OWNERS).find((other: Owner) => Object.hasOwn(other.options, name));
  if (owner !== undefined) throw misplaced(name, by, owner);
  throw unknown('option', name, [...Object.keys(options), 'limits', ...beside], by);
}

function completeLimits(given: unknown, { by, owners }: Taker): Readonly<Record<string, number>> {
  if (typeof given !== 'object' || given === null) throw invalid('limits', given, 'give an object');
  const limits: Readonly<Record<string, Limit>> = Object.assign({}, ...owners.map((owner) => owner.limits));
  const values: Record<string, number> = { ...defaultLimits(owners) };
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (value !== undefined) values[name] = checkLimit(value, name, findLimit(name, limits, by));
  }
  return values;
}

function findLimit(name: string, limits: Readonly<Record<string, Limit>>, by: string): Limit {
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (limit !== undefined) return limit;
  const owner = Object.values(OWNERS).find((other: Owner) => Object.hasOwn(other.limits, name));
  if (owner !== undefined) throw misplaced(`limits.${name}`, by, owner);
  throw unknown('limit', name, Object.keys(limits), by);
}

function checkLimit(value: unknown, name: string, { min, unit }: Limit): number {
  const advice = checkWhole(value, { min, unit: unit === 'bytes' ? 'bytes' : '' });
  if (advice !== undefined) throw invalid(`limits.${name}`, value, advice);
  return value as number;
}

function defaultLimits(owners: readonly Owner[]): Readonly<Record<string, number>> {
  const names = new Set(owners.flatMap(({ limits }) => Object.keys(limits)));
  return Object.fromEntries(Object.entries(DEFAULT_LIMITS).filter(([name]) => names.has(name)));
}

function misplaced(name: string, by: string, owner: Owner): HostError {
  return new HostError('bad-argument', `${name} is an option of ${owner.givenTo}, and not of ${by}`);
}

/** Names the nearest name, or all that there are. */
function unknown(what: string, name: string, names: readonly string[], by: string): HostError {
  const hint = suggest(name, names) || `: there are ${names.join(', ')}`;
  return new HostError('bad-argument', `unknown ${what} '${name}' of ${by}${hint}`);
}
