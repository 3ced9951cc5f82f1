import { err } from '../../util/result.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** A function, which only JavaScript can give. */
export function callbackKind<Callback extends (...args: never) => unknown>(): OptionKind<Callback> {
  return scalar<Callback>({
    name: 'function',
    placeholder: '',
    type: 'a function',
    parse: () => err('only JavaScript can give a function'),
    check: (value) => (typeof value === 'function' ? undefined : 'give a function'),
    format: ({ name }) => name,
  });
}
