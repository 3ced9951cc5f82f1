import type { HostInterface } from '../abi/host-interface.ts';
import { type ArtifactCache, KEEP_AFTER_MS, MIN_KEPT_BYTES } from '../component/cache/cache.ts';
import type { ComponentDefinition } from '../component/definitions.ts';
import { digestSources } from '../component/cache/digest-sources.ts';
import { type ComponentSource, digestSource } from '../component/source.ts';
import { validateComponent } from '../component/validate/validate.ts';
import { warnOfBug } from '../util/bug.ts';
import { checkHost } from './plan/check-host.ts';
import { digestInterfaces } from './plan/digest-interfaces.ts';

/** Throws `HostError` if a component is not valid, or if its types are not those of the host. */
export function checkTypes<Ctx>(
  source: ComponentSource,
  definition: ComponentDefinition,
  interfaces: readonly HostInterface<Ctx>[],
): void {
  checkHost(source, validateComponent(definition, source), interfaces);
}

/**
 * The same, unless an earlier start found this component good for a host with these types, which is kept in `cache`.
 *
 * To find that costs next to nothing; the checks take about a fifth of the time until a small component is served.
 */
export async function checkTypesOnce<Ctx>(
  cache: ArtifactCache,
  source: ComponentSource,
  definition: ComponentDefinition,
  interfaces: readonly HostInterface<Ctx>[],
): Promise<void> {
  const host = source.bytes.byteLength < MIN_KEPT_BYTES ? undefined : digestInterfaces(interfaces);
  const key =
    host === undefined ? undefined : { component: digestSource(source), checks: digestSources('checks'), host };
  if (key !== undefined && (await cache.get(key)) !== undefined) return;
  checkTypes(source, definition, interfaces);
  if (key !== undefined) setTimeout(() => void cache.put(key, new Map()).catch(warnOfBug), KEEP_AFTER_MS).unref();
}
