import type { ParamsByFunc } from '../abi/emit/guard.ts';
import type { EncodedWit, HostFunc, HostInterface, ResourceClass } from '../abi/host-interface.ts';
import type { WasiCtx } from './wasi-ctx.ts';
import { wasiWit } from './wit.ts';

type Funcs = Readonly<Record<string, HostFunc<WasiCtx>>>;
type Resources = Readonly<Record<string, ResourceClass>>;

/** What a package says of one of its interfaces. What is left out is empty. */
export interface InterfaceDefinition<F extends Funcs, R extends Resources> {
  readonly funcs: F;
  readonly resources?: R;
  /** The functions that may return a promise. */
  readonly mayWait?: readonly (keyof F & string)[];
  /** What the functions take, as the WIT has it, except for methods of resources that no guest can hold. */
  readonly params?: ParamsByFunc;
}

/** An interface of WASI as the host serves it. */
export interface WasiInterface<
  F extends Funcs = Funcs,
  R extends Resources = Resources,
> extends HostInterface<WasiCtx> {
  readonly funcs: F;
  readonly resources: R;
  readonly params: ParamsByFunc;
}

type DefineInterface = <const F extends Funcs, const R extends Resources = Resources>(
  name: string,
  definition: InterfaceDefinition<F, R>,
) => WasiInterface<F, R>;

/**
 * Gives the function that defines the interfaces of one WIT package, which all have the package's version.
 *
 * ```ts
 * const defineRandom = definePackage('wasi:random', '0.2.12');
 * export const random = defineRandom('random', { funcs: { 'get-random-u64': () => 4n } });
 * ```
 *
 * `wit` has the package's types. Default: all of WASI 0.2.
 */
export function definePackage(
  packageName: `${string}:${string}`,
  version: string,
  wit: EncodedWit = wasiWit,
): DefineInterface {
  return <const F extends Funcs, const R extends Resources = Resources>(
    name: string,
    given: InterfaceDefinition<F, R>,
  ) =>
    Object.freeze({
      name: `${packageName}/${name}` as const,
      version,
      wit,
      resources: given.resources ?? ({} as R),
      funcs: given.funcs,
      mayWait: given.mayWait ?? [],
      params: given.params ?? {},
    });
}
