import { Trap } from '../../abi/trap.ts';
import type { FieldEntries } from './field-entries.ts';
import { FORBIDDEN_NAMES } from './fields.ts';

/** A token without upper case. Source: RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * The last check before fields go on the wire, whoever made them: traps for a name that frames a message or belongs to a connection, and for what is
 * not a name or a string. `Fields` lets none of these in, so that this finds something only if `Fields` was bypassed.
 *
 * What a value may hold is checked again by all that takes fields: node:http, undici and `Headers`.
 */
export function assertWireFields(fields: FieldEntries): void {
  for (const [name, value] of fields) {
    if (typeof value !== 'string' || !NAME.test(name) || FORBIDDEN_NAMES.has(name)) refuse(name);
  }
}

function refuse(name: unknown): never {
  throw new Trap(`a message with the field ${JSON.stringify(name)} was not sent: it may not be set`);
}
