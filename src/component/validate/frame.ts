import type { FuncType } from '../../abi/types.ts';
import type {
  CheckedType,
  ComponentType,
  EntityType,
  ExportPath,
  InstanceType,
  ResourceIdentity,
} from './checked-types.ts';
import type { CoreEntities, CoreEntity, CoreFuncType, CoreModuleType } from './core-types.ts';
import { NameScope } from './name-scope.ts';
import type { Validation } from './validation.ts';

/** An item in the index space of core types. */
export type CoreTypeDef =
  | { readonly sort: 'func'; readonly type: CoreFuncType }
  | { readonly sort: 'module'; readonly type: CoreModuleType };

type CoreOf<K extends CoreEntity['kind']> = CoreEntity & { readonly kind: K };

/** The state of validating a component, component type or instance type: the type of everything in its index spaces. */
export interface Frame {
  readonly kind: 'component' | 'component type' | 'instance type';
  readonly parent: Frame | undefined;
  readonly coreTypes: CoreTypeDef[];
  readonly coreFuncs: CoreFuncType[];
  readonly coreTables: CoreOf<'table'>[];
  readonly coreMemories: CoreOf<'memory'>[];
  readonly coreGlobals: CoreOf<'global'>[];
  readonly coreTags: CoreFuncType[];
  readonly coreModules: CoreModuleType[];
  readonly coreInstances: CoreEntities[];
  readonly types: CheckedType[];
  readonly funcs: FuncType[];
  readonly instances: InstanceType[];
  readonly components: ComponentType[];
  readonly imports: Map<string, EntityType>;
  readonly exports: Map<string, EntityType>;
  readonly importNames: NameScope;
  readonly exportNames: NameScope;
  readonly importedResources: Map<ResourceIdentity, ExportPath>;
  /** `here`: this component defines it, and may see its reps. */
  readonly definedResources: Map<ResourceIdentity, 'here' | 'elsewhere'>;
  readonly explicitResources: Map<ResourceIdentity, ExportPath>;
  /** The types that imports name, by `nameKeyOf`. */
  readonly importedTypes: Set<object>;
  /** The types that imports or exports name. */
  readonly exportedTypes: Set<object>;
}

export function createFrame(kind: Frame['kind'], parent: Frame | undefined): Frame {
  return {
    kind,
    parent,
    coreTypes: [],
    coreFuncs: [],
    coreTables: [],
    coreMemories: [],
    coreGlobals: [],
    coreTags: [],
    coreModules: [],
    coreInstances: [],
    types: [],
    funcs: [],
    instances: [],
    components: [],
    imports: new Map(),
    exports: new Map(),
    importNames: new NameScope('import'),
    exportNames: new NameScope('export'),
    importedResources: new Map(),
    definedResources: new Map(),
    explicitResources: new Map(),
    importedTypes: new Set(),
    exportedTypes: new Set(),
  };
}

/** The item at `index` in an index space. Fails if there is none. */
export function definitionAt<T>(validation: Validation, space: readonly T[], index: number, what: string): T {
  return space[index] ?? validation.fail(`unknown ${what} ${index} at this point`);
}

export function funcTypeAt(validation: Validation, frame: Frame, index: number): FuncType {
  const type = definitionAt(validation, frame.types, index, 'type');
  return type.sort === 'func' ? type.type : validation.fail(`type ${index} is not a function type`);
}

export function instanceTypeAt(validation: Validation, frame: Frame, index: number): InstanceType {
  const type = definitionAt(validation, frame.types, index, 'type');
  return type.sort === 'instance' ? type.type : validation.fail(`type ${index} is not an instance type`);
}

export function componentTypeAt(validation: Validation, frame: Frame, index: number): ComponentType {
  const type = definitionAt(validation, frame.types, index, 'type');
  return type.sort === 'component' ? type.type : validation.fail(`type ${index} is not a component type`);
}

export function moduleTypeAt(validation: Validation, frame: Frame, index: number): CoreModuleType {
  const type = definitionAt(validation, frame.coreTypes, index, 'core type');
  return type.sort === 'module' ? type.type : validation.fail(`core type ${index} is not a module type`);
}

/** The frame `count` levels out, and the one just inside it, if any. */
export function outerFrame(
  validation: Validation,
  frame: Frame,
  count: number,
): { readonly frame: Frame; readonly inside: Frame | undefined } {
  let target: Frame | undefined = frame;
  let inside: Frame | undefined;
  for (let left = count; left > 0 && target !== undefined; left -= 1) {
    inside = target;
    target = target.parent;
  }
  if (target === undefined) return validation.fail('an outer alias reaches beyond the component');
  return { frame: target, inside };
}
