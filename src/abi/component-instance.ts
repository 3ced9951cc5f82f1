import { HandleTable, type HandleQuota } from './handle-table.ts';
import { Trap } from '../util/trap.ts';
import type { ResourceType } from './types.ts';

/**
 * Whether what a component and all components in it are instances of still lives: a trap of one ends them all, for good.
 *
 * Source: "trap" in component-model `design/mvp/CanonicalABI.md`.
 */
export class Lifetime {
  /** What ended it. */
  ended: { readonly by: unknown } | undefined;

  /** Ends it by `error`, if nothing has before; returns what it ended by, to be thrown. An exception of a guest's may be null. */
  end(error: unknown): unknown {
    this.ended ??= { by: isGuestsException(error) ? new Trap('an exception left the component that threw it') : error };
    return this.ended.by;
  }
}

function isGuestsException(error: unknown): boolean {
  return error === null || error instanceof WebAssembly.Exception;
}

/** What a `ComponentInstance` starts with. */
export interface ComponentInstanceOptions {
  /** The instance of the component around this one's; none for the outermost. */
  readonly parent?: ComponentInstance | undefined;
  /** The resource types that this instance defines: a borrow of one arrives there as its rep. */
  readonly resources?: ReadonlySet<ResourceType> | undefined;
  readonly quota?: HandleQuota;
  /** That of the whole; its own where left out. */
  readonly lifetime?: Lifetime;
}

/** What the canonical ABI knows of one instance of a component. Source: `ComponentInstance`. */
export class ComponentInstance {
  readonly parent: ComponentInstance | undefined;
  readonly resources: ReadonlySet<ResourceType>;
  readonly lifetime: Lifetime;
  /** False while a call into the instance runs: nothing may enter it again. */
  mayEnter = true;
  /** False while the instance's `realloc` or post-return runs: these may not call out. */
  mayLeave = true;
  readonly #quota: HandleQuota | undefined;
  /** Made when it is needed: that of a component around others often is not. */
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

  /** Eight bytes in which bits are read as another type. Hold nothing between uses. */
  get scratch(): DataView {
    return (this.#scratch ??= new DataView(new ArrayBuffer(8)));
  }

  /** As `Lifetime.end`. */
  end(error: unknown): unknown {
    return this.lifetime.end(error);
  }

  /** Whether no call into the instance runs. */
  get isIdle(): boolean {
    return this.mayEnter && this.mayLeave;
  }

  /** Lets go of what its handles stand for, though a call into it may be suspended: should it ever go on, it finds none of them. */
  abandon(): void {
    this.#handles?.reset();
  }

  /** As new. */
  reset(): void {
    this.#handles?.reset();
    this.mayEnter = true;
    this.mayLeave = true;
    this.lifetime.ended = undefined;
  }
}

/** Throws what ended the instance, if something did. */
export function checkAlive({ lifetime: { ended } }: ComponentInstance): void {
  if (ended !== undefined) throw ended.by;
}

/** Traps where the instance may not call out now. Source: `trap_if(not inst.may_leave)`. */
export function checkMayLeave(inst: ComponentInstance): void {
  checkAlive(inst);
  if (!inst.mayLeave) throw new Trap('an import was called from inside of realloc or post-return');
}

/** The instances that a call from `caller`, the host where undefined, into `inst` enters. Source: `entering_set`. */
export function enteringSet(inst: ComponentInstance, caller: ComponentInstance | undefined): ComponentInstance[] {
  const callers = new Set(selfAndAncestors(caller));
  // Spread, for a list as short as what it holds: there is one for each instance.
  return [...selfAndAncestors(inst).filter((entered) => !callers.has(entered))];
}

function selfAndAncestors(inst: ComponentInstance | undefined): ComponentInstance[] {
  return inst === undefined ? [] : [inst, ...selfAndAncestors(inst.parent)];
}

/** Traps if a call runs in one of `entering` already; otherwise one does from now on. Source: `may_enter_from`, `enter_from`. */
export function enterFrom(entering: readonly ComponentInstance[]): void {
  for (const inst of entering) {
    if (!inst.mayEnter) throw new Trap('a component was entered again while a call into it was running');
  }
  for (const inst of entering) inst.mayEnter = false;
}

/** Source: `leave_to`. */
export function leaveTo(entering: readonly ComponentInstance[]): void {
  for (const inst of entering) inst.mayEnter = true;
}
