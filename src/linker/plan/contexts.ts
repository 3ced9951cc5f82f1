import type { CoreItem, LiftedFunc, Plan, ResolvedOptions } from './plan.ts';

/** What the functions of a plan lift and lower with. Each instance has a memory and a context for each of these. */
export interface Contexts {
  readonly memories: readonly CoreItem[];
  readonly contexts: readonly ContextPlan[];
  /** The context of each lowering, by the lowering's index. */
  readonly lowerings: readonly number[];
  readonly lifts: ReadonlyMap<LiftedFunc, number>;
}

export interface ContextPlan {
  readonly stringEncoding: ResolvedOptions['stringEncoding'];
  readonly componentInstance: number;
  /** An index into `memories`. */
  readonly memory: number | undefined;
  readonly realloc: CoreItem | undefined;
}

type User = { readonly options: ResolvedOptions; readonly componentInstance: number };

/** Functions share a context if the options of one include those of the other: a function without a memory does not touch one. */
export function planContexts<Ctx>({ lowerings, exports }: Plan<Ctx>): Contexts {
  const memories: CoreItem[] = [];
  const contexts: ContextPlan[] = [];
  const indices = new Map<User, number>();
  const lifts = [
    ...[...exports.values()].flatMap((funcs) => [...funcs.values()]),
    ...lowerings.flatMap(({ func }) => (func.by === 'lift' ? [func] : [])),
  ];
  for (const user of [...lowerings, ...lifts].toSorted((a, b) => countOptions(b) - countOptions(a))) {
    const wanted = toContext(user, memories);
    const known = contexts.findIndex((context) => hasAll(context, wanted));
    indices.set(user, known === -1 ? contexts.push(wanted) - 1 : known);
  }
  return {
    memories,
    contexts,
    lowerings: lowerings.map((lowering) => indices.get(lowering) as number),
    lifts: new Map(lifts.map((func) => [func, indices.get(func) as number])),
  };
}

function countOptions({ options: { memory, realloc } }: User): number {
  return Number(memory !== undefined) + Number(realloc !== undefined);
}

function toContext({ options, componentInstance }: User, memories: CoreItem[]): ContextPlan {
  const { stringEncoding, memory, realloc } = options;
  if (memory === undefined) return { stringEncoding, componentInstance, memory, realloc };
  const known = memories.findIndex((item) => isSame(item, memory));
  return { stringEncoding, componentInstance, memory: known === -1 ? memories.push(memory) - 1 : known, realloc };
}

function hasAll(context: ContextPlan, wanted: ContextPlan): boolean {
  if (context.componentInstance !== wanted.componentInstance) return false;
  if (wanted.realloc !== undefined && !isSame(context.realloc, wanted.realloc)) return false;
  if (wanted.memory === undefined) return true;
  return context.memory === wanted.memory && context.stringEncoding === wanted.stringEncoding;
}

function isSame(one: CoreItem | undefined, other: CoreItem): boolean {
  if (one?.from !== 'export' || other.from !== 'export') return false;
  return one.step === other.step && one.name === other.name;
}
