import { err, ok } from '../../util/result.ts';
import { parseSwitch } from './choice.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** A folder; `false` for none, `undefined` for the usual one. */
export function folderKind(): OptionKind<string | false | undefined> {
  return scalar<string | false | undefined>({
    name: 'folder',
    placeholder: '<folder|no>',
    type: 'a path, or false',
    parse: (text) => {
      if (text === '') return err('name a folder, or write no');
      const isOn = parseSwitch(text);
      if (isOn.tag === 'err') return ok(text);
      return ok(isOn.val ? undefined : false);
    },
    check: (value) =>
      value === false || (typeof value === 'string' && value !== '')
        ? undefined
        : 'give the path of a folder, or false',
    format: (value) => (value === false ? 'no' : (value ?? 'yes')),
  });
}
