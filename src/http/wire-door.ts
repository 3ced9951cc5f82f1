import { Trap } from '../util/trap.ts';
import type { FieldEntries } from './field-entries.ts';
import { FORBIDDEN_NAMES } from './forbidden-names.ts';

/** Few fields have names as long as these: the others need no closer look. Each reply's fields are looked at. */
const FORBIDDEN_LENGTHS = new Set(Array.from(FORBIDDEN_NAMES, (name) => name.length));

/**
 * The last check before fields go on the wire, whoever made them: traps for a name, in upper or lower case, that frames a message or belongs to a
 * connection, and for what is not text. `Fields` lets none of these in, so that this finds something only if `Fields` was bypassed.
 *
 * Which characters a name and a value may hold is checked again by all that takes fields: node:http, `Headers`, and what writes heads for upstreams.
 */
export function assertWireFields(fields: FieldEntries): void {
  for (let index = 0; index < fields.length; index += 1) {
    const entry = fields[index] as FieldEntries[number];
    const name = entry[0];
    if (typeof name !== 'string' || typeof entry[1] !== 'string') refuse(name);
    if (FORBIDDEN_LENGTHS.has(name.length) && FORBIDDEN_NAMES.has(name.toLowerCase())) refuse(name);
  }
}

function refuse(name: unknown): never {
  throw new Trap(`a message with the field ${JSON.stringify(name)} was not sent: it may not be set`);
}
