import type { ResourceClass } from '../abi/host-interface.ts';
import { Trap } from '../util/trap.ts';

/** What every resource is that no guest ever holds. */
class Ungranted {
  readonly isGranted = false;
}

/** A class of its own for a resource that no guest ever holds; no rep is made of it. */
export function ungrantedResource(): ResourceClass {
  return class extends Ungranted {};
}

/** The methods of a resource, by their mangled names. */
type Methods<Resource extends string, Name extends string> = Readonly<
  Record<`[method]${Resource}.${Name}`, () => never>
>;

/**
 * The methods called `names` of a resource that no guest ever holds, so that components which import them link.
 *
 * No handle to one exists, so lifting `self` traps before any of these could run; should one run, it traps.
 */
export function unreachableMethods<Resource extends string, Name extends string>(
  resource: Resource,
  names: readonly Name[],
): Methods<Resource, Name> {
  const methods = names.map((name) => [`[method]${resource}.${name}`, unreachable(`${resource}.${name}`)] as const);
  return Object.fromEntries(methods) as Methods<Resource, Name>;
}

function unreachable(method: string): () => never {
  return () => {
    throw new Trap(`${method}: no resource with this method is granted`);
  };
}
