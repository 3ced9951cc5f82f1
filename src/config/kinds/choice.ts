import { suggest } from '../../util/suggest.ts';
import { type Result, err, ok } from '../../util/result.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** One of a few words. */
export function choiceKind<Word extends string>(words: readonly Word[]): OptionKind<Word> {
  const find = (text: string): Word | undefined => words.find((word) => word === text);
  const listed = words.join(', ');
  return scalar({
    name: 'choice',
    placeholder: `<${words.join('|')}>`,
    type: words.map((word) => `'${word}'`).join(' | '),
    parse: (text) => {
      const word = find(text);
      return word === undefined ? err(`write one of ${listed}${suggest(text, words)}`) : ok(word);
    },
    check: (value) => (typeof value === 'string' && find(value) !== undefined ? undefined : `give one of ${listed}`),
    format: (word) => word,
  });
}

/** One of two words, the second of which a flag without a value says. */
export function switchKind<Off extends string | boolean, On extends string | boolean>(
  off: Off,
  on: On,
): OptionKind<Off | On> {
  const words = [off, on].map((word) => (typeof word === 'string' ? `'${word}'` : `${word}`));
  return scalar<Off | On>({
    name: 'switch',
    placeholder: '',
    type: words.join(' | '),
    parse: (text) => {
      const isOn = parseSwitch(text);
      return isOn.tag === 'err' ? isOn : ok(isOn.val ? on : off);
    },
    check: (value) => (value === off || value === on ? undefined : `give ${words.join(' or ')}`),
    format: (value) => (value === on ? 'y' : 'n'),
  });
}

/** What `y` or `n` says, in any of the words for it. */
export function parseSwitch(text: string): Result<boolean, string> {
  if (['y', 'yes', 'true', 'on', '1'].includes(text)) return ok(true);
  if (['n', 'no', 'false', 'off', '0'].includes(text)) return ok(false);
  return err('write y or n');
}
