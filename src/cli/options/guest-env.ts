/** The environment of a guest: what is given for it, and, if it inherits, all variables of this process that are not given. */
export function toGuestEnv(
  { inheritEnv }: { readonly inheritEnv: boolean },
  given: Readonly<Record<string, string>> | undefined,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return { ...(inheritEnv ? definedOf(env) : {}), ...given };
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
