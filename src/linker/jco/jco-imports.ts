import { Lifetime } from '../../abi/component-instance.ts';
import { HandleQuota } from '../../abi/handle-table.ts';
import type { HostFunc, HostInterface } from '../../abi/host-interface.ts';
import { Trap } from '../../util/trap.ts';
import { parseFuncName, toCamelCase, toPascalCase } from '../plan/names.ts';
import type { Running } from '../instance-pre.ts';
import type { Charging } from '../run/charging.ts';
import { type Preemption, whileWaiting } from '../preemption.ts';

/** The functions and classes of one interface as jco's glue takes them, bound to one instance. */
export type BoundInterface = Readonly<Record<string, unknown>>;

/** A resource as jco's glue sees it: an object with the resource's methods that holds the host's rep. */
class JcoResource<Ctx> {
  readonly instance: BoundInstance<Ctx>;
  #rep: Partial<Disposable> | undefined;

  constructor(instance: BoundInstance<Ctx>, rep: object) {
    instance.quota.take();
    this.instance = instance;
    this.#rep = rep;
    instance.resources.add(this);
  }

  /** Traps once the request is over. */
  get rep(): Partial<Disposable> {
    if (this.#rep === undefined) throw new Trap('the request is over');
    return this.#rep;
  }

  /** The request is over. */
  abandon(): void {
    this.#rep = undefined;
  }

  [Symbol.dispose](): void {
    this.instance.quota.live--;
    this.instance.resources.delete(this);
    this.rep[Symbol.dispose]?.();
  }
}

/** What a host function is called for: the running call, and what to notify when the function throws. */
interface BoundInstance<Ctx> {
  readonly running: Running<Ctx>;
  readonly onTrap: (error: unknown) => void;
  /** Called when the guest waits. */
  readonly preemption: Preemption<Ctx> | undefined;
  /** Counts the resources that the guest was given and has not dropped, including those it gave away, which jco does not report. */
  readonly quota: HandleQuota;
  /** All resources to which the guest has handles, so that they can be released. */
  readonly resources: Set<{ abandon(): void }>;
  readonly charging: Charging<Ctx> | undefined;
  /** Ended when the guest must not continue. */
  readonly lifetime: Lifetime;
}

type JcoResourceClass<Ctx> = new (instance: BoundInstance<Ctx>, rep: object) => JcoResource<Ctx>;

/** The classes that represent the host's resources, by the class of the rep. */
type JcoClasses<Ctx> = ReadonlyMap<unknown, JcoResourceClass<Ctx>>;

/** Host interfaces as jco's glue expects them: classes and camelCase functions without a context. */
export interface JcoImports<Ctx> {
  /** Binds them for one instance: its host functions receive the context of the running call. */
  bind(running: Running<Ctx>): JcoBinding;
}

/** Host interfaces bound to one instance. */
export interface JcoBinding {
  /** The interfaces by name, without version. */
  readonly interfaces: Record<string, BoundInterface>;
  /** Rejects with what a host function threw: jco's glue leaves a guest hanging when its suspended import rejects. */
  readonly trapped: Promise<never>;
  /** Ends the instance with `error`, unless it has already ended, so that `trapped` rejects. Returns the error that ended it. */
  end(error: unknown): unknown;
  /** Converts a value for the guest: each rep in it becomes the object that jco's glue expects. */
  toJco(value: unknown): unknown;
  /** Releases all resources to which the guest has handles: the request is over. */
  abandon(): void;
}

/** The bounds on guests. */
export interface JcoBounds<Ctx> {
  readonly maxHandles?: number;
  readonly preemption?: Preemption<Ctx> | undefined;
  readonly charging?: Charging<Ctx> | undefined;
}

/** Creates the classes and their methods once, for all requests. Source: "JS bindings" in jco's documentation. */
export function createJcoImports<Ctx>(
  interfaces: readonly HostInterface<Ctx>[],
  { maxHandles, preemption, charging }: JcoBounds<Ctx> = {},
): JcoImports<Ctx> {
  const classes = new Map<unknown, JcoResourceClass<Ctx>>();
  for (const host of interfaces) {
    for (const [resource, repClass] of Object.entries(host.resources)) {
      classes.set(repClass, createClass(host, resource, classes));
    }
  }
  const binders = interfaces.map((host) => [host.name, createBinder(host, classes)] as const);
  return {
    bind: (running) => {
      const { promise: trapped, reject } = Promise.withResolvers<never>();
      trapped.catch(() => undefined);
      const lifetime = new Lifetime();
      const end = (error: unknown): unknown => {
        reject(lifetime.end(error));
        return lifetime.ended?.by;
      };
      const quota = new HandleQuota(maxHandles, (bytes) => charging?.take(running.ctx as Ctx, bytes));
      const resources: BoundInstance<Ctx>['resources'] = new Set();
      const instance: BoundInstance<Ctx> = { running, onTrap: end, preemption, quota, resources, charging, lifetime };
      return {
        interfaces: Object.fromEntries(binders.map(([name, bind]) => [name, bind(instance)])),
        trapped,
        end,
        toJco: (value) => toJco(instance, value, classes),
        abandon: () => {
          for (const resource of resources) resource.abandon();
          resources.clear();
        },
      };
    },
  };
}

/** The class of a resource, with its methods. Static functions and the constructor need a context, and are bound later. */
function createClass<Ctx>(host: HostInterface<Ctx>, resource: string, classes: JcoClasses<Ctx>): JcoResourceClass<Ctx> {
  const jcoClass = class extends JcoResource<Ctx> {};
  for (const [mangled, func] of Object.entries(host.funcs)) {
    const name = parseFuncName(mangled);
    if (name.kind !== 'method' || name.resource !== resource) continue;
    const method = function (this: JcoResource<Ctx>, ...args: unknown[]): unknown {
      return call(func, this.instance, [this.rep, ...args.map(fromJco)], classes);
    };
    Object.defineProperty(jcoClass.prototype, toCamelCase(name.func), { value: method });
  }
  return jcoClass;
}

function createBinder<Ctx>(
  host: HostInterface<Ctx>,
  classes: JcoClasses<Ctx>,
): (instance: BoundInstance<Ctx>) => BoundInterface {
  const funcs = Object.entries(host.funcs).map(([mangled, func]) => [parseFuncName(mangled), func] as const);
  const resources = Object.entries(host.resources);
  return (instance) => {
    const bound: Record<string, unknown> = {};
    const bind =
      (func: HostFunc<Ctx>) =>
      (...args: unknown[]) =>
        call(func, instance, args.map(fromJco), classes);
    for (const [resource, repClass] of resources) {
      const construct = host.funcs[`[constructor]${resource}`];
      bound[toPascalCase(resource)] = createConstructor(classes.get(repClass), construct && bind(construct));
    }
    for (const [name, func] of funcs) {
      if (name.kind === 'freestanding') bound[toCamelCase(name.func)] = bind(func);
      if (name.kind !== 'static') continue;
      Object.defineProperty(bound[toPascalCase(name.resource)], toCamelCase(name.func), { value: bind(func) });
    }
    return bound;
  };
}

/** A constructor bound to one instance, for which `instanceof` behaves as for the shared class. */
function createConstructor<Ctx>(
  jcoClass: JcoResourceClass<Ctx> | undefined,
  construct: ((...args: unknown[]) => unknown) | undefined,
): (...args: unknown[]) => unknown {
  const constructor = function (...args: unknown[]): unknown {
    return construct?.(...args);
  };
  constructor.prototype = jcoClass?.prototype;
  return constructor;
}

/** Calls a host function. An exception ends the instance. */
function call<Ctx>(
  func: HostFunc<Ctx>,
  instance: BoundInstance<Ctx>,
  args: unknown[],
  classes: JcoClasses<Ctx>,
): unknown {
  const trap = (error: unknown): never => {
    instance.onTrap(error);
    throw error;
  };
  const finish = (value: unknown): unknown => {
    checkAlive(instance);
    return toJco(instance, value, classes);
  };
  try {
    checkAlive(instance);
    const ctx = instance.running.ctx as Ctx;
    const result = (func as (ctx: Ctx, ...args: unknown[]) => unknown)(ctx, ...args);
    if (!(result instanceof Promise)) return toJco(instance, result, classes);
    const { preemption } = instance;
    const waited = preemption === undefined ? result : whileWaiting(preemption, ctx, result);
    return whileHolding(instance, args, waited).then(finish).catch(trap);
  } catch (error) {
    return trap(error);
  }
}

/** The memory that an element of a list takes. */
const ELEMENT_HELD_BYTES = 16;

/** Charges the lists that were passed to a host function for as long as the call waits; then that call becomes the running one again. */
async function whileHolding<Ctx>(
  { charging, running }: BoundInstance<Ctx>,
  args: readonly unknown[],
  waiting: Promise<unknown>,
): Promise<unknown> {
  const ctx = running.ctx as Ctx;
  const lists = args.filter((arg) => Array.isArray(arg) || ArrayBuffer.isView(arg) || typeof arg === 'string');
  const heldBytes = lists.reduce((sum, list) => sum + ELEMENT_HELD_BYTES * (list as ArrayLike<unknown>).length, 0);
  if (heldBytes > 0) charging?.takeOrEnd(ctx, heldBytes);
  try {
    return await waiting;
  } finally {
    running.ctx = ctx;
    if (heldBytes > 0) charging?.giveBack(ctx, heldBytes);
  }
}

/** Throws the error that ended the instance, if it has ended. */
function checkAlive<Ctx>({ lifetime: { ended } }: BoundInstance<Ctx>): void {
  if (ended !== undefined) throw ended.by;
}

/** Replaces each rep in a value by jco's object. Reps occur in results, options, lists and tuples. */
function toJco<Ctx>(instance: BoundInstance<Ctx>, value: unknown, classes: JcoClasses<Ctx>): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((element) => toJco(instance, element, classes));
  const jcoClass = classes.get(value.constructor);
  if (jcoClass !== undefined) return new jcoClass(instance, value);
  return 'val' in value && 'tag' in value ? { tag: value.tag, val: toJco(instance, value.val, classes) } : value;
}

/** Replaces each of jco's objects by its rep. */
function fromJco(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof JcoResource) return value.rep;
  if (Array.isArray(value)) return value.map(fromJco);
  return 'val' in value && 'tag' in value ? { tag: value.tag, val: fromJco(value.val) } : value;
}
