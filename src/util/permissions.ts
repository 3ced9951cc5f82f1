/** Node's flags by the names that `process.permission` has for what they permit. */
const FLAGS = {
  'fs.read': '--allow-fs-read',
  net: '--allow-net',
  child: '--allow-child-process',
  worker: '--allow-worker',
} as const;

export type Permission = keyof typeof FLAGS;

/** Whether this process has a permission: Node's `--permission` requires a flag for each. */
export function isPermitted(permission: Permission): boolean {
  // Undefined without `--permission`, whatever its type says.
  const granted = process.permission as typeof process.permission | undefined;
  return granted?.has(permission) ?? true;
}

/** Which permissions are missing, and how to grant them: `Node's --permission mode lacks --allow-net: add it`. */
export function describeMissing(permissions: readonly Permission[]): string {
  const flags = permissions.map((permission) => FLAGS[permission]).join(' and ');
  return `Node's --permission mode lacks ${flags}: add ${permissions.length === 1 ? 'it' : 'them'}`;
}

/** The same for something that Node's permission model has just denied; `undefined` for all other errors. */
export function describeDenial(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_ACCESS_DENIED') return undefined;
  const resource = 'resource' in error && typeof error.resource === 'string' ? error.resource : '';
  // Only Node's message names the flag; no property does.
  const flag = /--allow-[a-z-]+/.exec(error.message)?.[0] ?? 'a permission';
  const isFile = flag.startsWith('--allow-fs');
  return `Node's --permission mode lacks ${flag}${isFile ? `=${resource}` : ''}: add it`;
}
