import { readFileSync } from 'node:fs';
import { HostError } from '../../util/host-error.ts';
import { describeDenial } from '../../util/permissions.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { FORBIDDEN_NAMES } from '../../http/forbidden-names.ts';
import { isFieldValue, isToken } from '../../http/syntax.ts';

/** The fields of all `-H`: each a `name: value`, or `@FILE` with one such line each. Throws `HostError` with the line that is none. */
export function parseRequestFields(texts: readonly string[]): FieldEntries {
  return texts.flatMap((text) => (text.startsWith('@') ? parseFieldFile(text.slice(1)) : [parseField(text, '-H')]));
}

function parseFieldFile(path: string): FieldEntries {
  const lines = readLines(path).map((line, index) => ({ line: line.trim(), where: `-H @${path}, line ${index + 1}` }));
  return lines.filter(({ line }) => line !== '').map(({ line, where }) => parseField(line, where));
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw new HostError('bad-config', `-H @${path}: ${describeDenial(error) ?? (error as Error).message}`, {
      cause: error,
    });
  }
}

function parseField(text: string, where: string): readonly [string, string] {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0)).trim().toLowerCase();
  const value = Buffer.from(text.slice(colon + 1).trim()).toString('latin1');
  if (!isToken(name) || !isFieldValue(value)) {
    throw new HostError('bad-argument', `${where}: '${text}' is no field: write 'name: value'`);
  }
  if (FORBIDDEN_NAMES.has(name)) {
    throw new HostError('bad-argument', `${where}: '${name}' belongs to the connection, and no guest ever sees it`);
  }
  return [name, value];
}
