import type { Engine } from '../../config/options.ts';
import { HostError } from '../../util/host-error.ts';
import type { Choice, ComponentEngine, DecodedComponent, LinkOptions, LinkedComponent } from './component-engine.ts';
import { NOT_WITH_JCO, jcoEngine } from './jco-engine.ts';
import { linkerEngine } from './linker-engine.ts';

/** A linked component, and the engine that runs it. */
export interface EngineLinked extends LinkedComponent {
  readonly engine: Choice<ComponentEngine['name']>;
}

/** Links with the engine that is asked for; `auto`: with the linker, or with jco if the linker does not support the component. */
export async function linkWithEngine(
  engine: Engine,
  decoded: DecodedComponent,
  options: LinkOptions,
): Promise<EngineLinked> {
  if (engine === 'jco') return await linkWith(jcoEngine, 'as requested', decoded, options);
  try {
    return await linkWith(linkerEngine, LINKER_REASON, decoded, options);
  } catch (error) {
    const isUnsupported = error instanceof HostError && error.code === 'not-supported';
    if (engine === 'linker' || !isUnsupported || NOT_WITH_JCO.has(options.isolation)) throw error;
    const reason = `the linker does not support it: ${error.message}`;
    return await linkWith(jcoEngine, reason, decoded, options).catch((fromJco: unknown) => {
      throw refusedByBoth(error, fromJco);
    });
  }
}

const LINKER_REASON = 'linked once; each function between guest and host is compiled once';

async function linkWith(
  engine: ComponentEngine,
  reason: string,
  decoded: DecodedComponent,
  options: LinkOptions,
): Promise<EngineLinked> {
  return { ...(await engine.link(decoded, options)), engine: { name: engine.name, reason } };
}

/** The linker's reason comes first: it is the engine that is meant. */
function refusedByBoth(fromLinker: HostError, fromJco: unknown): unknown {
  if (!(fromJco instanceof HostError)) return fromJco;
  if (fromJco.message === fromLinker.message) return fromLinker;
  return new HostError(fromJco.code, `${fromLinker.message}; nor can the jco engine run it: ${fromJco.message}`, {
    cause: fromLinker,
  });
}
