import { Trap } from '../util/trap.ts';
import type { FieldEntries } from './field-entries.ts';
import { FORBIDDEN_NAMES } from './forbidden-names.ts';

/** The lengths of these names: fields with names of other lengths need no further check. This runs for each reply. */
const FORBIDDEN_LENGTHS = new Set(Array.from(FORBIDDEN_NAMES, (name) => name.length));

/**
 * The last check before fields go on the wire, whatever created them. Traps for a name, in upper or lower case, that frames a message or belongs to a
 * connection, and for anything that is not a string. `Fields` admits none of these, so this only finds something if `Fields` was bypassed.
 *
 * The characters in names and values are checked again by everything that takes fields: node:http, `Headers`, and the writer of heads for upstreams.
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
  throw new Trap(`a message with the field ${JSON.stringify(name)} was not sent: guests may not set this field`);
}
