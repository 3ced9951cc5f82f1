import { HostError } from '../../util/host-error.ts';

/** Where a guest's variables come from: all of ours, or only those named. */
export interface EnvPlan {
  readonly inherit: 'all' | 'named';
  /** Each `NAME=VALUE`, or the `NAME` of one of ours. */
  readonly named: readonly string[];
}

/** The guest's variables; those named win over those inherited, later ones over earlier ones. Throws `HostError`. */
export function toGuestEnv({ inherit, named }: EnvPlan, ours: NodeJS.ProcessEnv): Record<string, string> {
  const inherited = inherit === 'all' ? Object.entries(ours).flatMap(([name, value]) => toEntry(name, value)) : [];
  return Object.fromEntries([...inherited, ...named.map((text) => parseVariable(text, ours))]);
}

function toEntry(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

function parseVariable(text: string, ours: NodeJS.ProcessEnv): [string, string] {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (name === '') throw new HostError('bad-argument', `--env '${text}' has no name: write NAME=VALUE or NAME`);
  const value = equals === -1 ? ours[name] : text.slice(equals + 1);
  if (value !== undefined) return [name, value];
  throw new HostError(
    'bad-config',
    `--env ${name}: there is no such variable here; set it, or write --env ${name}=VALUE`,
  );
}
