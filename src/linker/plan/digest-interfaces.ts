import { hash } from 'node:crypto';
import type { EncodedWit, HostInterface, ResourceClass } from '../../abi/host-interface.ts';
import { getOrInsert } from '../../util/get-or-insert.ts';

/**
 * SHA-256 of everything that `checkHost` looks at in host interfaces: their WIT, the names of their functions, and which of their resources are the same.
 * `undefined` if one has no WIT of its own.
 */
export function digestInterfaces<Ctx>(interfaces: readonly HostInterface<Ctx>[]): string | undefined {
  const classes = new Map<ResourceClass, number>();
  const digests = new Map<EncodedWit, string>();
  const parts: unknown[] = [];
  for (const { name, version, funcs, resources, wit } of interfaces) {
    if (wit === undefined || typeof wit === 'string') return undefined;
    const types = getOrInsert(digests, wit, () => hash('sha256', wit.decode(), 'hex'));
    const same = Object.entries(resources).map(([resource, repClass]) => {
      return [resource, getOrInsert(classes, repClass, () => classes.size)];
    });
    parts.push([name, version, types, Object.keys(funcs), same]);
  }
  return hash('sha256', JSON.stringify(parts), 'hex');
}
