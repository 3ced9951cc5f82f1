import { err, ok } from '../../util/result.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** Any text that is not empty, whose form whoever uses it checks. */
export function textKind(): OptionKind<string> {
  const advice = 'give a text that is not empty';
  return scalar({
    name: 'text',
    placeholder: '<text>',
    type: 'a string',
    parse: (text) => (text === '' ? err('write a text that is not empty') : ok(text)),
    check: (value) => (typeof value === 'string' && value !== '' ? undefined : advice),
    format: (text) => text,
  });
}
