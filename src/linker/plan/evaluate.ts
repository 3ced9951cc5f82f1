import type { ResourceType } from '../../abi/types.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { Canon, CoreInstanceExpr, Definition, InstanceExpr } from '../../component/definitions.ts';
import { RESERVED } from '../../rewriter/layout.ts';
import { HostError } from '../../util/host-error.ts';
import { type HostResources, resolveHostInstance } from './host-instance.ts';
import type { GuestResourceType } from './plan.ts';
import type { PlanBuilder, UnsealedOptions } from './plan-builder.ts';
import { findHost } from './resolve.ts';
import { resolveType, resourceAt } from './resolve-type.ts';
import {
  type ComponentRef,
  type CoreInstanceRef,
  type CoreRef,
  type Extern,
  type InstanceRef,
  type Scope,
  addExtern,
  itemAt,
  coreSpace,
  createScope,
  externAt,
} from './scope.ts';

/** Where a component's imports come from: the host for the outermost component, the arguments of its instantiation for a nested one. */
type ImportSource<Ctx> = (name: string, scope: Scope<Ctx>, definition: Definition & { at: 'import' }) => Extern<Ctx>;

/** What evaluating a component needs besides its definitions. */
export interface Evaluation<Ctx> {
  readonly plan: PlanBuilder<Ctx>;
  readonly interfaces: readonly HostInterface<Ctx>[];
  readonly resources: HostResources;
  /** Collects the names of imported functions that no host interface has. */
  readonly missing: string[];
}

/** Instantiates the outermost component symbolically, adding its steps to the plan. Returns its exports. */
export function evaluateRoot<Ctx>(
  evaluation: Evaluation<Ctx>,
  component: ComponentRef<Ctx>,
): ReadonlyMap<string, Extern<Ctx>> {
  return evaluateComponent(evaluation, component, undefined, (name, scope, definition) =>
    importFromHost(evaluation, name, scope, definition),
  );
}

function evaluateComponent<Ctx>(
  evaluation: Evaluation<Ctx>,
  { definition, scope: outer }: ComponentRef<Ctx>,
  madeBy: number | undefined,
  importFrom: ImportSource<Ctx>,
): ReadonlyMap<string, Extern<Ctx>> {
  const scope = createScope(outer, evaluation.plan.addComponentInstance(madeBy));
  evaluation.plan.count(definition.definitions.length);
  const exports = new Map<string, Extern<Ctx>>();
  for (const item of definition.definitions) {
    if (item.at === 'import') addExtern(scope, importFrom(item.name, scope, item));
    else if (item.at !== 'export') evaluateDefinition(evaluation, scope, item);
    else {
      const extern = externAt(scope, item.ref.sort, item.ref.index);
      exports.set(item.name, extern);
      addExtern(scope, extern);
    }
  }
  return exports;
}

function evaluateDefinition<Ctx>(
  evaluation: Evaluation<Ctx>,
  scope: Scope<Ctx>,
  item: Exclude<Definition, { at: 'import' | 'export' }>,
): void {
  switch (item.at) {
    case 'core module':
      scope.coreModules.push(evaluation.plan.addModule(item.bytes));
      break;
    case 'core type':
      scope.coreTypes.push(0);
      break;
    case 'core instance':
      scope.coreInstances.push(evaluateCoreInstance(evaluation, scope, item.expr));
      break;
    case 'component':
      scope.components.push({ definition: item.component, scope });
      break;
    case 'instance':
      scope.instances.push(evaluateInstance(evaluation, scope, item.expr));
      break;
    case 'alias':
      evaluateAlias(scope, item);
      break;
    case 'type':
      evaluateType(evaluation, scope, item);
      break;
    case 'canon':
      evaluateCanon(evaluation, scope, item.canon);
  }
}

function evaluateCoreInstance<Ctx>(
  { plan }: Evaluation<Ctx>,
  scope: Scope<Ctx>,
  expr: CoreInstanceExpr,
): CoreInstanceRef {
  if (expr.by === 'exports') {
    const exports = expr.exports.map(
      ({ name, sort, index }) => [name, itemAt(coreSpace(scope, sort), index, sort)] as const,
    );
    return { by: 'exports', exports: new Map(exports) };
  }
  const args = new Map(
    expr.args.map(({ name, instance }) => [name, itemAt(scope.coreInstances, instance, 'core instance')]),
  );
  return plan.addStep(itemAt(scope.coreModules, expr.module, 'core module'), (module, name) => {
    const instance = args.get(module);
    if (instance === undefined)
      throw new HostError('bad-component', `the import "${module}" of a core module is missing`);
    return coreExport(instance, name);
  });
}

/** The export `name` of a core instance. Exports that the rewriter adds are off limits: with them, a guest could hide what it writes. */
function coreExport(instance: CoreInstanceRef, name: string): CoreRef {
  if (instance.by === 'step' && name.startsWith(`${RESERVED}:`)) {
    throw new HostError('bad-component', `the core export name "${name}" is reserved`);
  }
  if (instance.by === 'step') return instance.slots?.get(name) ?? { from: 'export', step: instance.step, name };
  const ref = instance.exports.get(name);
  if (ref === undefined) throw new HostError('bad-component', `a core instance does not export "${name}"`);
  return ref;
}

function evaluateInstance<Ctx>(evaluation: Evaluation<Ctx>, scope: Scope<Ctx>, expr: InstanceExpr): InstanceRef<Ctx> {
  const refs = expr.by === 'exports' ? expr.exports : expr.args;
  evaluation.plan.count(refs.length);
  const named = new Map(refs.map(({ name, ref }) => [name, externAt(scope, ref.sort, ref.index)]));
  if (expr.by === 'exports') return { exports: named };
  const component = itemAt(scope.components, expr.component, 'component');
  const exports = evaluateComponent(evaluation, component, scope.componentInstance, (name) => {
    const arg = named.get(name);
    if (arg === undefined) throw new HostError('bad-component', `the import ${name} of a nested component is missing`);
    return arg;
  });
  return { exports };
}

function evaluateAlias<Ctx>(scope: Scope<Ctx>, { alias }: Definition & { at: 'alias' }): void {
  switch (alias.of) {
    case 'core export': {
      const instance = itemAt(scope.coreInstances, alias.instance, 'core instance');
      coreSpace(scope, alias.sort).push(coreExport(instance, alias.name));
      break;
    }
    case 'export': {
      const extern = itemAt(scope.instances, alias.instance, 'instance').exports.get(alias.name);
      if (extern?.sort !== alias.sort)
        throw new HostError('bad-component', `alias of an unknown ${alias.sort} ${alias.name}`);
      addExtern(scope, extern);
      break;
    }
    case 'outer': {
      if (alias.sort === 'core type') scope.coreTypes.push(0);
      else addExtern(scope, externAt(outerScope(scope, alias.count), alias.sort, alias.index));
    }
  }
}

function outerScope<Ctx>(scope: Scope<Ctx>, count: number): Scope<Ctx> {
  let target: Scope<Ctx> | undefined = scope;
  for (let left = count; left > 0; left -= 1) target = target?.parent;
  if (target === undefined) throw new HostError('bad-component', 'an outer alias reaches beyond the component');
  return target;
}

function evaluateType<Ctx>({ plan }: Evaluation<Ctx>, scope: Scope<Ctx>, { type }: Definition & { at: 'type' }): void {
  if (type.kind !== 'resource') {
    scope.types.push(resolveType(type, scope));
    return;
  }
  const destructor = type.destructor === undefined ? undefined : itemAt(scope.coreFuncs, type.destructor, 'core func');
  const resource = plan.addResource(scope.componentInstance, destructor);
  scope.types.push({ sort: 'resource', resource });
}

function evaluateCanon<Ctx>({ plan }: Evaluation<Ctx>, scope: Scope<Ctx>, canon: Canon): void {
  const { componentInstance } = scope;
  switch (canon.op) {
    case 'lift': {
      const type = itemAt(scope.types, canon.type, 'type');
      if (type.sort !== 'func') throw new HostError('bad-component', `type ${canon.type} is not a function type`);
      const core = itemAt(scope.coreFuncs, canon.func, 'core func');
      scope.funcs.push(plan.lift({ core, type: type.type, options: resolveOptions(scope, canon), componentInstance }));
      break;
    }
    case 'lower': {
      const func = itemAt(scope.funcs, canon.func, 'func');
      scope.coreFuncs.push(plan.addLowering({ func, options: resolveOptions(scope, canon), componentInstance }));
      break;
    }
    case 'other':
      throw new HostError('not-supported', `the component uses ${canon.name}, which requires WASI 0.3`);
    case 'resource.new':
    case 'resource.drop':
    case 'resource.rep': {
      const resource = resourceAt(scope, canon.resource);
      if (canon.op !== 'resource.drop') assertDefinedBy(resource, componentInstance);
      scope.coreFuncs.push(plan.addBuiltin({ op: canon.op, resource, componentInstance }));
    }
  }
}

/** Only the component that defines a resource may see its reps; those of the host's resources are host objects. */
function assertDefinedBy(resource: ResourceType | GuestResourceType, componentInstance: number): void {
  if ('componentInstance' in resource && resource.componentInstance === componentInstance) return;
  throw new HostError(
    'bad-component',
    'resource.new and resource.rep are only allowed in the component that defines the resource',
  );
}

function resolveOptions<Ctx>(scope: Scope<Ctx>, { options }: Canon & { op: 'lift' | 'lower' }): UnsealedOptions {
  if (options.calling === 'async') throw new HostError('not-supported', 'async functions require WASI 0.3');
  const func = (index: number | undefined): CoreRef | undefined =>
    index === undefined ? undefined : itemAt(scope.coreFuncs, index, 'core func');
  return {
    stringEncoding: options.stringEncoding,
    memory: options.memory === undefined ? undefined : itemAt(scope.coreMemories, options.memory, 'core memory'),
    realloc: func(options.realloc),
    postReturn: func(options.postReturn),
  };
}

function importFromHost<Ctx>(
  { interfaces, resources, missing }: Evaluation<Ctx>,
  name: string,
  scope: Scope<Ctx>,
  { type }: Definition & { at: 'import' },
): Extern<Ctx> {
  const host = findHost(name, interfaces);
  if (type.sort !== 'instance' || host === undefined)
    throw new HostError('missing-import', `this host does not provide ${name}`);
  const declared = itemAt(scope.types, type.type, 'type');
  if (declared.sort !== 'declarations') throw new HostError('bad-component', `the import ${name} is not an instance`);
  const imported = { importName: name, host, resources, missing };
  return { sort: 'instance', instance: resolveHostInstance(imported, declared.declarations, declared.scope) };
}
