import { HostError } from '../../util/host-error.ts';
import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

type Variables = Readonly<Record<string, string>>;

/** Environment variables. In texts `NAME=VALUE`, or the `NAME` of one of ours; later ones win. */
export function variablesKind(): OptionKind<Variables> {
  return {
    name: 'variables',
    placeholder: '<name=value>',
    isList: true,
    type: '{ NAME: value }',
    parse: parseVariables,
    check: checkVariables,
    format: (variables) =>
      Object.entries(variables)
        .map(([name, value]) => `${name}=${value}`)
        .join(', '),
  };
}

function parseVariables(texts: readonly string[], env: NodeJS.ProcessEnv): Result<Variables, string> {
  const entries = texts.map((text) => parseVariable(text, env));
  const nameless = entries.some(([name]) => name === '');
  return nameless ? err('it has no name, write NAME=VALUE or NAME') : ok(Object.fromEntries(entries));
}

function parseVariable(text: string, env: NodeJS.ProcessEnv): [string, string] {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const value = equals === -1 ? env[name] : text.slice(equals + 1);
  if (name === '' || value !== undefined) return [name, value ?? ''];
  throw new HostError(
    'bad-config',
    `the variable ${name} is not set here, so it cannot be passed to the guest: set it, or write ${name}=VALUE`,
  );
}

function checkVariables(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'give an object, { NAME: value }';
  const wrong = Object.entries(value).find(([, text]) => typeof text !== 'string');
  return wrong === undefined ? undefined : `the value of ${wrong[0]} has to be a string`;
}
