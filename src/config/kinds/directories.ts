import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

/** A directory of the host that guests may use, and what they find it as. */
export interface DirectoryGrant {
  readonly host: string;
  readonly guest: string;
  readonly access: 'read-write' | 'read-only';
}

/** A directory as JavaScript gives it. Default: the same name for the guest, and `read-write`. */
export interface GivenDirectory {
  readonly host: string;
  readonly guest?: string | undefined;
  readonly access?: DirectoryGrant['access'] | undefined;
}

const READ_ONLY = 'ro';

/** Directories as `HOST`, `HOST::GUEST` and `HOST::GUEST::ro`. In an environment variable commas part them. */
export function directoriesKind(): OptionKind<readonly GivenDirectory[]> {
  return {
    name: 'list',
    placeholder: '<host[::guest][::ro]>',
    isList: true,
    type: 'an array of { host, guest, access }',
    parse: (texts) => {
      const parsed = texts.map(parseDirectory);
      const wrong = parsed.find((directory) => directory.tag === 'err');
      return wrong ?? ok(parsed.flatMap((directory) => (directory.tag === 'ok' ? [directory.val] : [])));
    },
    check: (value) =>
      Array.isArray(value) && value.every(isDirectory)
        ? undefined
        : "give an array of { host: './data', guest: '/data', access: 'read-only' }, of which only host is needed",
    format: (directories) => directories.map(formatDirectory).join(', '),
  };
}

/** With what was left out. */
export function toDirectoryGrant({ host, guest = host, access = 'read-write' }: GivenDirectory): DirectoryGrant {
  return { host, guest, access };
}

function parseDirectory(text: string): Result<GivenDirectory, string> {
  const [host = '', ...parts] = text.split('::');
  const isReadOnly = parts.at(-1) === READ_ONLY;
  if (isReadOnly) parts.pop();
  const guest = parts.length === 0 ? host : parts.join('::');
  if (host === '' || guest === '') return err('write HOST, HOST::GUEST or HOST::GUEST::ro, as in ./data::/data');
  return ok({ host, guest, access: isReadOnly ? 'read-only' : 'read-write' });
}

function isDirectory(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { host, guest, access } = value as Partial<Record<keyof DirectoryGrant, unknown>>;
  const isAccess = access === undefined || access === 'read-write' || access === 'read-only';
  return isName(host) && (guest === undefined || isName(guest)) && isAccess;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function formatDirectory({ host, guest = host, access }: GivenDirectory): string {
  return `${host}::${guest}${access === 'read-only' ? `::${READ_ONLY}` : ''}`;
}
