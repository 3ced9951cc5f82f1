import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

type Variables = Readonly<Record<string, string>>;

/** Environment variables. In texts `NAME=VALUE`, or the `NAME` of one of ours, which passes nothing if that is not set; later ones win. */
export function variablesKind(): OptionKind<Variables> {
  return {
    name: 'variables',
    placeholder: '<name=value>',
    isList: true,
    type: '{ NAME: value }',
    parse: parseVariables,
    note: noteUnset,
    check: checkVariables,
    format: (variables) =>
      Object.entries(variables)
        .map(([name, value]) => `${name}=${value}`)
        .join(', '),
  };
}

function parseVariables(texts: readonly string[], env: NodeJS.ProcessEnv): Result<Variables, string> {
  const entries = texts.map((text) => parseVariable(text, env));
  if (entries.some(([name]) => name === '')) return err('it has no name, write NAME=VALUE or NAME');
  return ok(Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)));
}

/** A variable that is not set has no value. */
function parseVariable(text: string, env: NodeJS.ProcessEnv): [name: string, value: string | undefined] {
  const equals = text.indexOf('=');
  return equals === -1 ? [text, env[text]] : [text.slice(0, equals), text.slice(equals + 1)];
}

function noteUnset(texts: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const unset = texts.filter((text) => parseVariable(text, env)[1] === undefined);
  if (unset.length === 0) return undefined;
  const [are, them] = unset.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${unset.join(', ')} ${are} not set here: guests do not get ${them}`;
}

function checkVariables(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'give an object, { NAME: value }';
  const wrong = Object.entries(value).find(([, text]) => typeof text !== 'string');
  return wrong === undefined ? undefined : `the value of ${wrong[0]} has to be a string`;
}
