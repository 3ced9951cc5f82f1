import { ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

/** Several texts, whose form whoever uses them checks when a host is made. In an environment variable commas part them. */
export function patternsKind(): OptionKind<readonly string[] | undefined> {
  return {
    name: 'list',
    placeholder: '<pattern>',
    isList: true,
    type: 'an array of strings',
    parse: (texts) => ok(texts),
    check: (value) => (isTexts(value) ? undefined : 'give an array of strings'),
    format: (patterns) => (patterns ?? []).join(', '),
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
