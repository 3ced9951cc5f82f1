import { type NamedOption, toVariable } from '../../config/named-option.ts';
import { HostError } from '../../util/host-error.ts';
import { suggest } from '../../util/suggest.ts';
import type { Spelled } from './spelled.ts';

const PREFIX = 'WASI_SERVE_';

/** The variables that Kubernetes sets in each pod for a service named `wasi-serve`, or `wasi-serve-…`. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** Reads options from environment variables; empty ones are ignored. Throws `HostError` if there is no option of that name. */
export function readVariables(env: NodeJS.ProcessEnv, options: readonly NamedOption[]): Spelled[] {
  const given = Object.entries(env).filter(([name, text = '']) => name.startsWith(PREFIX) && text !== '');
  if (given.length === 0) return [];
  const byName = new Map(
    options.flatMap((named) => {
      const variable = toVariable(named);
      return variable === undefined ? [] : [[variable, named] as const];
    }),
  );
  return given.flatMap(([name, text = '']) => {
    const named = byName.get(name);
    if (named !== undefined) return [{ named, where: name, texts: split(named, text) }];
    if (OF_KUBERNETES.test(name)) return [];
    const hint = suggest(name, byName.keys()) || ': all of them are in docs/options.md';
    throw new HostError('bad-argument', `unknown option in the environment, ${name}${hint}`);
  });
}

/** Several values are separated by newlines; patterns may also be separated by commas, which they cannot contain. */
function split({ option: { kind } }: NamedOption, text: string): readonly string[] {
  if (!kind.isList) return [text];
  return text
    .split(kind.name === 'list' ? /[\n,]/ : '\n')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
