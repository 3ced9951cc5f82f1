import { readFileSync } from 'node:fs';
import type { FieldEntries } from '../../http/field-entries.ts';
import { FORBIDDEN_NAMES } from '../../http/forbidden-names.ts';
import { isFieldValue, isToken } from '../../http/syntax.ts';
import { HostError } from '../../util/host-error.ts';
import { describeDenial } from '../../util/permissions.ts';
import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

/** Fields that replace those of requests. In texts `name: value`, or `@FILE` with one such line each. */
export function requestFieldsKind(): OptionKind<FieldEntries> {
  return {
    name: 'fields',
    placeholder: '<field>',
    isList: true,
    type: '[name, value] pairs',
    parse: parseRequestFields,
    check: checkEntries,
    format: (entries) => entries.map(([name, value]) => `${name}: ${value}`).join(', '),
  };
}

/** The fields of all texts; of those that are wrong the first is told. Throws `HostError` if a file cannot be read. */
function parseRequestFields(texts: readonly string[]): Result<FieldEntries, string> {
  const fields = texts.flatMap((text) => (text.startsWith('@') ? parseFieldFile(text.slice(1)) : [parseField(text)]));
  const wrong = fields.find((field) => field.tag === 'err');
  return wrong ?? ok(fields.flatMap((field) => (field.tag === 'ok' ? [field.val] : [])));
}

type Field = readonly [name: string, value: string];

function parseFieldFile(path: string): Result<Field, string>[] {
  return readLines(path).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const field = parseField(line.trim());
    return [field.tag === 'ok' ? field : err(`line ${index + 1}: ${field.val}`)];
  });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    const reason = describeDenial(error) ?? (error as Error).message;
    throw new HostError('bad-config', `cannot read the fields in ${path}: ${reason}`, { cause: error });
  }
}

function parseField(text: string): Result<Field, string> {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase();
  const value = Buffer.from(text.slice(colon + 1).trim()).toString('latin1');
  if (!isToken(name) || !isFieldValue(value)) return err(`'${text}' is not a field, write 'name: value'`);
  if (FORBIDDEN_NAMES.has(name)) return err(`'${name}' belongs to the connection, and no guest ever sees it`);
  return ok([name, value]);
}

function checkEntries(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'give an array of [name, value]';
  const wrong = value.find((entry) => !isEntry(entry)) as unknown;
  if (wrong === undefined) return undefined;
  return 'give each as [name, value], without names that belong to the connection, and with one character a byte';
}

function isEntry(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [name, value] = entry as unknown[];
  if (typeof name !== 'string' || typeof value !== 'string') return false;
  return isToken(name) && isFieldValue(value) && !FORBIDDEN_NAMES.has(name.toLowerCase());
}
