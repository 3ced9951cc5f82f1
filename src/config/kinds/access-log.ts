import { err, ok } from '../../util/result.ts';
import { type OptionKind, scalar } from './option-kind.ts';

/** Where the lines for requests go: `on` to the log, `off` nowhere, `stderr`, `stdout`, or to the file of this path. */
export function accessLogKind(): OptionKind<string> {
  return scalar<string>({
    name: 'access log',
    placeholder: '<on|off|stderr|stdout|file>',
    type: "'on', 'off', 'stderr', 'stdout' or the path of a file",
    parse: (text) => (text === '' ? err('write on, off, stderr, stdout or the name of a file') : ok(text)),
    check: (value) =>
      typeof value === 'string' && value !== '' ? undefined : 'give on, off, stderr, stdout or a path',
    format: (value) => value,
  });
}
