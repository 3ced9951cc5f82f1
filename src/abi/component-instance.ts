import { HandleTable, type HandleQuota } from './handle-table.ts';
import { Trap } from '../util/trap.ts';
import type { ResourceType } from './types.ts';

/**
 * Whether an instance of a component, with all nested component instances, is still alive: a trap in one ends all of them, forever.
 *
 * Source: "trap" in component-model `design/mvp/CanonicalABI.md`.
 */
export class Lifetime {
  /** The error that ended it. */
  ended: { readonly by: unknown } | undefined;

  /** Ends it with `error`, unless it has already ended. Returns the error that ended it, to be thrown. An exception of a guest may be null. */
  end(error: unknown): unknown {
    this.ended ??= {
      by: isGuestsException(error) ? new Trap('an exception propagated out of the component that threw it') : error,
    };
    return this.ended.by;
  }
}

function isGuestsException(error: unknown): boolean {
  return error === null || error instanceof WebAssembly.Exception;
}

/** The initial state of a `ComponentInstance`. */
export interface ComponentInstanceOptions {
  /** The instance of the enclosing component; absent for the outermost. */
  readonly parent?: ComponentInstance | undefined;
  /** The resource types that this instance defines: it receives borrows of these as reps. */
  readonly resources?: ReadonlySet<ResourceType> | undefined;
  readonly quota?: HandleQuota;
  /** The lifetime of the outermost instance; by default a new one. */
  readonly lifetime?: Lifetime;
}

/** What the canonical ABI knows about one component instance. Source: `ComponentInstance`. */
export class ComponentInstance {
  readonly parent: ComponentInstance | undefined;
  readonly resources: ReadonlySet<ResourceType>;
  readonly lifetime: Lifetime;
  /** False while a call into the instance is running: it must not be re-entered. */
  mayEnter = true;
  /** False while the instance's `realloc` or post-return is running: these must not call imports. */
  mayLeave = true;
  readonly #quota: HandleQuota | undefined;
  /** Created when needed: an enclosing component often needs none. */
  #handles: HandleTable | undefined;
  #scratch: DataView | undefined;

  constructor(options: ComponentInstanceOptions = {}) {
    this.parent = options.parent;
    this.resources = options.resources ?? new Set();
    this.lifetime = options.lifetime ?? new Lifetime();
    this.#quota = options.quota;
  }

  get handles(): HandleTable {
    return (this.#handles ??= new HandleTable(this.#quota));
  }

  /** Eight bytes for reinterpreting bits as another type. They hold nothing between uses. */
  get scratch(): DataView {
    return (this.#scratch ??= new DataView(new ArrayBuffer(8)));
  }

  /** See `Lifetime.end`. */
  end(error: unknown): unknown {
    return this.lifetime.end(error);
  }

  /** Whether no call into the instance is running. */
  get isIdle(): boolean {
    return this.mayEnter && this.mayLeave;
  }

  /** Releases the resources behind its handles, even if a call into it is suspended: if that ever resumes, it finds none of them. */
  abandon(): void {
    this.#handles?.reset();
  }

  /** Resets it to its initial state. */
  reset(): void {
    this.#handles?.reset();
    this.mayEnter = true;
    this.mayLeave = true;
    this.lifetime.ended = undefined;
  }
}

/** Throws the error that ended the instance, if it has ended. */
export function checkAlive({ lifetime: { ended } }: ComponentInstance): void {
  if (ended !== undefined) throw ended.by;
}

/** Traps if the instance must not call imports now. Source: `trap_if(not inst.may_leave)`. */
export function checkMayLeave(inst: ComponentInstance): void {
  checkAlive(inst);
  if (!inst.mayLeave) throw new Trap('an import was called from within realloc or post-return');
}

/** The instances that a call from `caller` (undefined for the host) into `inst` enters. Source: `entering_set`. */
export function enteringSet(inst: ComponentInstance, caller: ComponentInstance | undefined): ComponentInstance[] {
  const callers = new Set(selfAndAncestors(caller));
  // Spreading makes an array of exactly the needed size: there is one for each instance.
  return [...selfAndAncestors(inst).filter((entered) => !callers.has(entered))];
}

function selfAndAncestors(inst: ComponentInstance | undefined): ComponentInstance[] {
  return inst === undefined ? [] : [inst, ...selfAndAncestors(inst.parent)];
}

/** Traps if a call is already running in one of `entering`; otherwise marks that one is. Source: `may_enter_from`, `enter_from`. */
export function enterFrom(entering: readonly ComponentInstance[]): void {
  for (const inst of entering) {
    if (!inst.mayEnter) throw new Trap('a component was re-entered while a call into it was running');
  }
  for (const inst of entering) inst.mayEnter = false;
}

/** Source: `leave_to`. */
export function leaveTo(entering: readonly ComponentInstance[]): void {
  for (const inst of entering) inst.mayEnter = true;
}
