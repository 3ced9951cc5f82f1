import { readFile } from 'node:fs/promises';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { Artifacts, ArtifactCache } from '../../component/cache/cache.ts';
import type { ComponentDefinition } from '../../component/definitions.ts';
import { type ComponentSource, digestSource } from '../../component/source.ts';
import { GLUE_NAME, type SuspendingNames, transpileComponent, assertTranspilable } from '../../component/transpile.ts';
import { type World, toWorld } from '../../component/world.ts';
import { HostError } from '../../util/host-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { ownFile } from '../../util/own-file.ts';
import { err, ok } from '../../util/result.ts';
import type { Charging } from '../run/charging.ts';
import { checkTypesOnce } from '../check-types.ts';
import type { Instance, InstancePre, Running } from '../instance-pre.ts';
import { type BoundInterface, createJcoImports } from './jco-imports.ts';
import { type InstantiateCore, type JcoModuleBounds, prepareJcoModules } from './jco-modules.ts';
import { parseInterfaceName } from '../plan/names.ts';
import { type ResolvedImport, resolveImports } from '../plan/resolve.ts';

/** The glue imports replacements for some of JavaScript's own classes from this module. */
const JCO_COPIES_URL = ownFile('jco-copies', import.meta.url);

/** What jco's glue exports in its instantiation mode. */
interface Glue {
  instantiate(
    getCoreModule: (name: string) => WebAssembly.Module,
    imports: Record<string, BoundInterface>,
    instantiateCore: InstantiateCore,
  ): Record<string, unknown>;
}

type ExportedFuncs = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

/** Where transpiled components are kept, and the bounds of their instances. */
export interface JcoContext<Ctx> extends JcoModuleBounds<Ctx> {
  readonly cache: ArtifactCache;
  readonly charging?: Charging<Ctx> | undefined;
}

/**
 * Links a component with jco's own glue, using JSPI. Every component that jco accepts runs; each instance has its own evaluation of the glue.
 *
 * Throws `HostError` if an import is missing or has another type, or if jco refuses the component.
 */
export async function linkWithJco<Ctx>(
  source: ComponentSource,
  definition: ComponentDefinition,
  interfaces: readonly HostInterface<Ctx>[],
  { cache, ...bounds }: JcoContext<Ctx>,
): Promise<InstancePre<Ctx>> {
  assertTranspilable();
  await checkTypesOnce(cache, source, definition, interfaces);
  const world = toWorld(definition);
  const resolved = resolveImports(source.label, world.imports, interfaces);
  const names = suspendingNames(world, resolved);
  const key = { component: digestSource(source), jco: await jcoVersion(), options: JSON.stringify(names) };
  const artifacts = await cache.getOrMake(key, () => transpileComponent(source, names));
  const [glue, modules] = await Promise.all([
    importGlue(source.label, artifacts),
    prepareJcoModules(artifacts, bounds, source.label),
  ]);
  const hosts = [...new Set(resolved.map(({ host }) => host))];
  const { limits, preemption, charging } = bounds;
  const jcoImports = createJcoImports(hosts, { maxHandles: limits.maxHandles, preemption, charging });
  return Object.freeze({
    instantiate: (startCtx: Ctx): Instance<Ctx> => {
      const running: Running<Ctx> = { ctx: startCtx };
      const { interfaces: imports, trapped, end, toJco, abandon } = jcoImports.bind(running);
      preemption?.enter(startCtx);
      const { instantiate, leave } = modules.instantiatorFor(running, end);
      const exports = tryOrEnd(
        () => glue.instantiate(modules.get, imports, instantiate),
        (error) => {
          leave();
          return end(error);
        },
      );
      return tellIdle({
        end,
        call: async (ctx, interfaceName, func, args) => {
          const exported = findExport(exports, interfaceName)?.[func];
          if (exported === undefined) {
            throw new HostError('bad-component', `${source.label} does not export ${interfaceName}.${func}`);
          }
          running.ctx = ctx;
          preemption?.enter(ctx);
          const result = Promise.race([exported(...args.map(toJco)), trapped]);
          return await (func === 'run' ? toResult(result) : result);
        },
        abandon: () => {
          leave();
          abandon();
        },
      });
    },
  });
}

/** An instance that knows whether a call into it is running, or has ended it. */
function tellIdle<Ctx>({ call, end, abandon }: Omit<Instance<Ctx>, 'isIdle'>): Instance<Ctx> {
  let state: 'idle' | 'called' | 'ended' = 'idle';
  return {
    get isIdle() {
      return state === 'idle';
    },
    call: async (...args) => {
      state = 'called';
      const result = await call(...args);
      if (state === 'called') state = 'idle';
      return result;
    },
    end: (error) => {
      state = 'ended';
      return end(error);
    },
    abandon,
  };
}

/** If `start` throws, throws the error that ended the instance instead. Guests cannot catch it, so it arrives as a trap. */
function tryOrEnd<Result>(start: () => Result, end: (error: unknown) => unknown): Result {
  try {
    return start();
  } catch (error) {
    throw end(error);
  }
}

/** The exports that the host calls, which may wait: the function of each interface. */
const CALLED: Readonly<Record<string, string>> = { 'wasi:http/incoming-handler': 'handle', 'wasi:cli/run': 'run' };

/** A `result` without values as the linker lifts it; for an error, jco's functions throw the value, which is not an `Error` as a trap is. */
async function toResult(returned: Promise<unknown>): Promise<ReturnType<typeof ok> | ReturnType<typeof err>> {
  try {
    return ok(await returned);
  } catch (error) {
    if (error instanceof Error) throw error;
    return err(error);
  }
}

/** The imports that may wait, with exactly the versions that the component names, and the exports that may call one. */
function suspendingNames<Ctx>(world: World, resolved: readonly ResolvedImport<Ctx>[]): SuspendingNames {
  return {
    imports: resolved.flatMap(({ importName, host }) => host.mayWait.map((func) => `${importName}#${func}`)),
    exports: world.exports.flatMap((name) => {
      const func = CALLED[parseInterfaceName(name).name];
      return func === undefined ? [] : [`${name}#${func}`];
    }),
  };
}

/** Evaluates the glue's source as a module. The source has a name for stack traces: otherwise they would show its whole `data:` URL. */
async function importGlue(label: string, artifacts: Artifacts): Promise<Glue> {
  const source = Buffer.from(artifacts.get(GLUE_NAME) ?? NO_BYTES).toString('utf8');
  const counted = `import { CountedBytes as Uint8Array, CountedUnits as Uint16Array } from ${JSON.stringify(JCO_COPIES_URL)};`;
  const named = `${counted}${source}\n//# sourceURL=jco-glue:${encodeURI(label)}\n`;
  const url = `data:text/javascript;base64,${Buffer.from(named).toString('base64')}`;
  const glue = (await import(url)) as Partial<Glue>;
  if (typeof glue.instantiate !== 'function')
    throw new HostError('bad-component', `${label}: jco generated no glue code for it`);
  return glue as Glue;
}

function findExport(exports: Record<string, unknown>, interfaceName: string): ExportedFuncs | undefined {
  const name = Object.keys(exports).find((key) => parseInterfaceName(key).name === interfaceName);
  return name === undefined ? undefined : (exports[name] as ExportedFuncs);
}

async function jcoVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@bytecodealliance/jco-transpile'));
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return version;
}
