import type { HostInterface } from '../../src/abi/host-interface.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import type { WitFunc } from '../harness/wit-funcs.ts';

type Func = (ctx: WasiCtx, ...args: unknown[]) => unknown;

/** What is done in place of a host function; `call` is what that would do. */
export type Fault = (ctx: WasiCtx, call: () => unknown) => unknown;

/** Faults in place of calls of one function at a time. */
export class Injection {
  /** How often guests have called the function since the fault was put into it. */
  calls = 0;
  /** How often they have called any since the injection was made. */
  callsOfAny = 0;
  #target: string | undefined;
  #fault: Fault = (_ctx, call) => call();

  /** All interfaces of WASI, with functions that do as they should unless they are the target. */
  get interfaces(): HostInterface<WasiCtx>[] {
    return wasiInterfaces.map((host) => {
      const injected = Object.entries(host.funcs).map(([name, func]) => {
        const call: Func = (ctx, ...args) =>
          this.#call(`${host.name}#${name}`, ctx, () => (func as Func)(ctx, ...args));
        return [name, call] as const;
      });
      return { ...host, funcs: Object.fromEntries(injected) };
    });
  }

  /** Injects a fault into a function, and removes the previous one. */
  into({ interfaceName, name }: WitFunc, fault: Fault): void {
    this.calls = 0;
    this.#target = `${interfaceName}#${name}`;
    this.#fault = fault;
  }

  /** All functions do as they should. */
  end(): void {
    this.#target = undefined;
  }

  #call(name: string, ctx: WasiCtx, call: () => unknown): unknown {
    this.callsOfAny += 1;
    if (name !== this.#target) return call();
    this.calls += 1;
    return this.#fault(ctx, call);
  }
}

/** Whether a function may return a promise. */
export function mayWait({ interfaceName, name }: WitFunc): boolean {
  return wasiInterfaces.find((host) => host.name === interfaceName)?.mayWait.includes(name) === true;
}
