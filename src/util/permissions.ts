/** Node's flags by the names that `process.permission` has for what they permit. */
const FLAGS = {
  'fs.read': '--allow-fs-read',
  net: '--allow-net',
  child: '--allow-child-process',
  worker: '--allow-worker',
} as const;

export type Permission = keyof typeof FLAGS;

/** Whether this process may do something: under Node's `--permission` that takes a flag for each. */
export function isPermitted(permission: Permission): boolean {
  // Undefined without `--permission`, whatever its type says.
  const granted = process.permission as typeof process.permission | undefined;
  return granted?.has(permission) ?? true;
}

/** What is missing and how it is given: `Node's --permission is without --allow-net: add it`. */
export function describeMissing(permissions: readonly Permission[]): string {
  const flags = permissions.map((permission) => FLAGS[permission]).join(' and ');
  return `Node's --permission is without ${flags}: add ${permissions.length === 1 ? 'it' : 'them'}`;
}

/** The same of what Node's permission model has just denied; `undefined` for all other errors. */
export function describeDenial(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_ACCESS_DENIED') return undefined;
  const resource = 'resource' in error && typeof error.resource === 'string' ? error.resource : '';
  // Node's own advice: no property has the flag.
  const flag = /--allow-[a-z-]+/.exec(error.message)?.[0] ?? 'a permission';
  const isFile = flag.startsWith('--allow-fs');
  return `Node's --permission is without ${flag}${isFile ? `=${resource}` : ''}: add it`;
}
