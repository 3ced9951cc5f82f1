import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import { ComponentInstance, Lifetime } from '../../abi/component-instance.ts';
import { LiftLowerContext } from '../../abi/context.ts';
import { GuestMemory } from '../../abi/guest-memory.ts';
import { HandleQuota } from '../../abi/handle-table.ts';
import { HostError } from '../../util/host-error.ts';
import type { Holding } from '../../util/shared-quota.ts';
import type { Instance, Running } from '../instance-pre.ts';
import type { GuestResourceType } from '../plan/plan.ts';
import { DECISION, type Decision } from '../preemption.ts';
import { CoreInstances, type CoreState, type StartListener } from './core-instances.ts';
import { InstanceHeap } from './instance-heap.ts';
import { LiftedCalls } from './lifted-calls.ts';
import type { Linked } from './linked.ts';
import type { SharingInstance } from './shared-functions.ts';
import type { StartCalls } from './starts.ts';
import { assertMayHold, leaveMemory, mayHold } from './take-pages.ts';

/**
 * An instance of a component: its core instances and the functions between them.
 *
 * Instances share everything that they can; this holds the rest, and creates lazily what not every request needs. A call for another request is only safe
 * after the state is restored.
 */
export class LinkedInstance<Ctx> implements Instance<Ctx>, Running<Ctx>, SharingInstance {
  ctx: Ctx | undefined;
  asked: StartCalls | undefined;
  readonly componentInstances: readonly ComponentInstance[];
  readonly contexts: readonly LiftLowerContext[];
  readonly #linked: Linked<Ctx>;
  readonly #cores: CoreInstances<Ctx>;
  readonly #calls: LiftedCalls<Ctx>;
  /** The quota held for the memories. */
  readonly #holding: Holding | undefined;
  readonly #heap: InstanceHeap;
  readonly #lifetime = new Lifetime();

  /** With a `listener`, which is told while it starts, it can start again. */
  constructor(linked: Linked<Ctx>, ctx: Ctx, listener?: StartListener) {
    this.#linked = linked;
    const quota = new HandleQuota(linked.limits.maxHandles, (bytes) => linked.charging?.take(this.ctx as Ctx, bytes));
    this.componentInstances = createComponentInstances(linked, this.#lifetime, quota);
    const guestMemories = linked.contexts.memories.map(() => new GuestMemory());
    this.contexts = linked.contexts.contexts.map((opts) => {
      const inst = this.componentInstances[opts.componentInstance] as ComponentInstance;
      const memory = guestMemories[opts.memory ?? -1] ?? new GuestMemory();
      return new LiftLowerContext({ opts, inst, memory, maxCallBytes: linked.limits.maxCallBytes });
    });
    this.#holding = linked.memory?.hold(this);
    assertMayHold(this.#holding, this.startByteLength);
    this.#heap = new InstanceHeap(linked.heap, linked.limits, this);
    this.#cores = new CoreInstances(linked, this, { contexts: this.contexts, guestMemories });
    this.#calls = new LiftedCalls(linked, {
      cores: this.#cores,
      contexts: this.contexts,
      componentInstances: this.componentInstances,
    });
    this.#create(ctx, listener);
  }

  /** Creates new core instances on the same memories, which have been reset: a fresh instance for another request. */
  recreate(ctx: Ctx): void {
    this.#create(ctx);
  }

  /**
   * Runs the start functions again, on core instances whose state is as it was before: a started instance for another request. `asked` gets the names of the
   * host's functions that they call, before the call; what it throws ends the start.
   */
  restart(ctx: Ctx, asked?: StartCalls): void {
    this.#start(ctx, () => this.#cores.startAgain(), asked);
  }

  /** Releases the core instances and resets their memories, so that `recreate` can follow. */
  clear(): void {
    this.#heap.end();
    this.#calls.clear();
    this.resetHandles();
    this.#cores.clear();
  }

  call(ctx: Ctx, interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown> {
    const lifted = this.#linked.plan.exports.get(interfaceName)?.get(func);
    if (lifted === undefined) {
      throw new HostError('bad-component', `the component does not export ${interfaceName}.${func}`);
    }
    const call = this.#calls.fromHost(lifted);
    this.ctx = ctx;
    this.#linked.preemption?.enter(ctx);
    try {
      return call(...args) as Promise<unknown>;
    } catch (error) {
      return Promise.reject(this.end(error));
    }
  }

  callBetween(lowering: number, args: readonly unknown[]): unknown {
    return this.#calls.between(lowering, args);
  }

  destroy(resource: GuestResourceType, caller: ComponentInstance, rep: number): unknown {
    return this.#calls.destroy(resource, caller, rep);
  }

  end(error: unknown): unknown {
    leaveMemory(this.#holding);
    return this.#lifetime.end(error);
  }

  waits(ctx: Ctx, heldBytes: number): void {
    if (heldBytes > 0) this.#linked.charging?.takeOrEnd(ctx, heldBytes);
    this.#linked.preemption?.leave(ctx);
  }

  goesOn(ctx: Ctx, heldBytes: number): void {
    this.ctx = ctx;
    if (heldBytes > 0) this.#linked.charging?.giveBack(ctx, heldBytes);
    this.#linked.preemption?.enter(ctx);
  }

  interrupt(): Decision {
    if (this.#lifetime.ended !== undefined) return DECISION.trap;
    const decision = this.#linked.preemption?.interrupt(this.ctx as Ctx) ?? DECISION.goOn;
    return decision === DECISION.pause && !this.#isSuspendable() ? DECISION.goOn : decision;
  }

  async pause(): Promise<Decision> {
    const ctx = this.ctx as Ctx;
    const decision = (await this.#linked.preemption?.pause(ctx)) ?? DECISION.goOn;
    this.ctx = ctx;
    return decision;
  }

  takePages(pages: number): boolean {
    if (pages === 0) for (const memory of this.#cores.memories) memory.noteSize();
    return mayHold(this.#holding, this.byteLength + pages * PAGE_BYTES);
  }

  takeElements(count: number): boolean {
    return this.#heap.takeElements(count);
  }

  /** The request is over: the instance no longer keeps its context alive. */
  rest(): void {
    this.ctx = undefined;
  }

  /** The state to restore before another request, besides the handles. */
  get core(): CoreState {
    return this.#cores.state;
  }

  /** The total of its memories that was ever reported to a guest. */
  get byteLength(): number {
    return this.#cores.memories.reduce((sum, { chargedBytes }) => sum + chargedBytes, 0);
  }

  /** Whether a guest made V8 grow a memory, which the next guest could detect. */
  get hasGrownMemories(): boolean {
    return this.#cores.memories.some(({ hasGrown }) => hasGrown);
  }

  /** Lets each memory grow by this many pages without the next guest being able to detect it. */
  makeRoom(pages: number): void {
    for (const memory of this.#cores.memories) memory.makeRoom(pages);
  }

  /** The value of `byteLength` before any code runs. */
  get startByteLength(): number {
    return this.#linked.wiring.memories.reduce((sum, { initialPages }) => sum + initialPages * PAGE_BYTES, 0);
  }

  /** Whether it has not ended and no call into it is running or suspended: only then may another request use it. */
  get isIdle(): boolean {
    const isAlive = this.#lifetime.ended === undefined;
    return isAlive && this.#calls.running.isNone && this.componentInstances.every(({ isIdle }) => isIdle);
  }

  /** Forgets all handles and calls: everything but the core is as new. */
  resetHandles(): void {
    for (const instance of this.componentInstances) instance.reset();
    for (const context of this.contexts) context.reset();
  }

  /** Releases the resources behind its handles, even if a call into it is suspended: if that ever resumes, it finds none of them. */
  abandon(): void {
    leaveMemory(this.#holding);
    for (const instance of this.componentInstances) instance.abandon();
    for (const context of this.contexts) context.reset();
  }

  /** Gives back what is shared with other instances. Only safe if no call into it is running or suspended. */
  release(): void {
    leaveMemory(this.#holding);
    this.#heap.end();
    for (const memory of this.#cores.memories) memory.release();
  }

  /** Whether no JavaScript frame is between the guest and a promising call. */
  #isSuspendable(): boolean {
    const isPlain = this.#calls.running.plain > 0 || this.#linked.starts.isStarting;
    return !isPlain && this.componentInstances.every(({ mayLeave }) => mayLeave);
  }

  #create(ctx: Ctx, listener?: StartListener): void {
    this.ctx = ctx;
    this.#heap.start(this.#linked.cost);
    this.#start(ctx, () => this.#cores.start(listener));
  }

  #start(ctx: Ctx, start: () => void, asked?: StartCalls): void {
    const { starts, preemption } = this.#linked;
    this.ctx = ctx;
    preemption?.enter(ctx);
    this.asked = asked ?? starts.calls;
    try {
      starts.run(start);
    } catch (error) {
      throw this.end(error);
    } finally {
      this.asked = undefined;
      this.rest();
    }
  }
}

function createComponentInstances<Ctx>(
  { plan, resources }: Linked<Ctx>,
  lifetime: Lifetime,
  quota: HandleQuota,
): ComponentInstance[] {
  const instances: ComponentInstance[] = [];
  for (const [index, madeBy] of plan.componentInstances.entries()) {
    const parent = madeBy === undefined ? undefined : instances[madeBy];
    instances.push(new ComponentInstance({ parent, resources: resources[index], quota, lifetime }));
  }
  // Allocated at its final length: an array that grows reserves room for more.
  return [...instances];
}
