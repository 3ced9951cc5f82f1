import type { PrimValType } from '../abi/types.ts';

/**
 * A component as encoded: definitions in order, each referring to earlier ones by index.
 *
 * Source: component-model `Binary.md`; each type here is one production of it.
 */
export interface ComponentDefinition {
  readonly definitions: readonly Definition[];
  /** The name from the `component-name` section. */
  readonly name: string | undefined;
}

/** One definition. Most add to one index space: `func`, `type`, `instance`, … */
export type Definition = Located &
  (
    | { readonly at: 'core module'; readonly bytes: Uint8Array }
    | { readonly at: 'core instance'; readonly expr: CoreInstanceExpr }
    | { readonly at: 'core type'; readonly type: CoreTypeDefinition }
    | { readonly at: 'component'; readonly component: ComponentDefinition }
    | { readonly at: 'instance'; readonly expr: InstanceExpr }
    | { readonly at: 'alias'; readonly alias: Alias }
    | { readonly at: 'type'; readonly type: TypeDefinition }
    | { readonly at: 'canon'; readonly canon: Canon }
    | (ExternName & { readonly at: 'import'; readonly type: ExternType })
    | (ExternName & {
        readonly at: 'export';
        readonly ref: SortIndex;
        /** The type ascribed to the export, if it differs from the exported item's. */
        readonly type: ExternType | undefined;
      })
  );

/** The name of an import or export. */
export interface ExternName {
  readonly name: string;
  /** Absent if there are none. */
  readonly attributes?: NameAttributes;
}

/** Attributes of an import or export besides its name; linking does not need them. */
export interface NameAttributes {
  /** The interface that an instance with a plain name implements. */
  readonly implements?: string;
  /** The part of the version that the name leaves out. */
  readonly versionSuffix?: string;
  readonly externalId?: string;
}

interface Located {
  /** The offset, from the start of the file, of its first byte, or of a core module's or component's own bytes. */
  readonly offset: number;
}

export type CoreSort = 'func' | 'table' | 'memory' | 'global' | 'tag' | 'type' | 'module' | 'instance';

/** The sorts at the component level; core sorts are spelled `core func`, … */
export type Sort = `core ${CoreSort}` | 'func' | 'value' | 'type' | 'component' | 'instance';

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

export type CoreInstanceExpr =
  | {
      readonly by: 'instantiate';
      readonly module: number;
      readonly args: readonly { readonly name: string; readonly instance: number }[];
    }
  | { readonly by: 'exports'; readonly exports: readonly CoreInlineExport[] };

export interface CoreInlineExport {
  readonly name: string;
  readonly sort: CoreSort;
  readonly index: number;
}

export type InstanceExpr =
  | { readonly by: 'instantiate'; readonly component: number; readonly args: readonly NamedRef[] }
  | { readonly by: 'exports'; readonly exports: readonly NamedRef[] };

export interface NamedRef extends ExternName {
  readonly ref: SortIndex;
}

export type Alias =
  | { readonly of: 'export'; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly of: 'core export'; readonly sort: CoreSort; readonly instance: number; readonly name: string }
  | { readonly of: 'outer'; readonly sort: Sort; readonly count: number; readonly index: number };

/** A core function type, or what a core module imports and exports. */
export type CoreTypeDefinition = CoreFuncDefinition | CoreModuleDefinition;

export interface CoreFuncDefinition {
  readonly kind: 'func';
  /** The types as the text format spells them: `i32`, `funcref`, `ref null extern`. */
  readonly params: readonly string[];
  readonly results: readonly string[];
}

export interface CoreModuleDefinition {
  readonly kind: 'module';
  readonly declarations: readonly ModuleDeclaration[];
}

/** An item of a core module type. */
export type ModuleDeclaration =
  | { readonly at: 'type'; readonly type: CoreFuncDefinition }
  /** A type of an enclosing scope. */
  | { readonly at: 'outer type'; readonly count: number; readonly index: number }
  | { readonly at: 'import'; readonly module: string; readonly name: string; readonly type: CoreExternType }
  | { readonly at: 'export'; readonly name: string; readonly type: CoreExternType };

/** The smallest and largest size of a memory in pages, or of a table in elements. */
export interface CoreLimits {
  readonly initial: number;
  readonly maximum: number | undefined;
}

/** The type of a core import or export; functions and tags by the index of their type. */
export type CoreExternType =
  | { readonly kind: 'func' | 'tag'; readonly type: number }
  | { readonly kind: 'table'; readonly element: string; readonly limits: CoreLimits }
  | { readonly kind: 'memory'; readonly limits: CoreLimits; readonly isShared: boolean }
  | { readonly kind: 'global'; readonly type: string; readonly isMutable: boolean };

/** A value type: primitive, or a defined type by its index. */
export type ValTypeRef = { readonly prim: PrimName } | { readonly index: number };

export type PrimName = PrimValType | 'error-context';

export interface LabelledRef {
  readonly label: string;
  readonly type: ValTypeRef;
}

export interface CaseRef {
  readonly label: string;
  readonly type: ValTypeRef | undefined;
}

export type TypeDefinition =
  | { readonly kind: 'prim'; readonly prim: PrimName }
  | { readonly kind: 'record'; readonly fields: readonly LabelledRef[] }
  | { readonly kind: 'variant'; readonly cases: readonly CaseRef[] }
  | { readonly kind: 'list'; readonly element: ValTypeRef; readonly length: number | undefined }
  | { readonly kind: 'tuple'; readonly elements: readonly ValTypeRef[] }
  | { readonly kind: 'flags' | 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly some: ValTypeRef }
  | { readonly kind: 'result'; readonly ok: ValTypeRef | undefined; readonly err: ValTypeRef | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  | { readonly kind: 'stream' | 'future'; readonly element: ValTypeRef | undefined }
  | { readonly kind: 'map'; readonly key: ValTypeRef; readonly value: ValTypeRef }
  | { readonly kind: 'resource'; readonly destructor: number | undefined }
  | {
      readonly kind: 'func';
      readonly params: readonly LabelledRef[];
      readonly result: ValTypeRef | undefined;
      readonly calling: 'sync' | 'async';
    }
  | { readonly kind: 'component' | 'instance'; readonly declarations: readonly Declaration[] };

/** An item of a component type or instance type. */
export type Declaration = Located &
  (
    | { readonly at: 'core type'; readonly type: CoreTypeDefinition }
    | { readonly at: 'type'; readonly type: TypeDefinition }
    | { readonly at: 'alias'; readonly alias: Alias }
    | (ExternName & { readonly at: 'import' | 'export'; readonly type: ExternType })
  );

export type ExternType =
  | { readonly sort: 'core module' | 'func' | 'component' | 'instance'; readonly type: number }
  | { readonly sort: 'type'; readonly bound: { readonly eq: number } | 'resource' };

/** The options of `lift` and `lower`, always read from the bytes. */
export interface CanonOptions {
  readonly stringEncoding: 'utf8' | 'utf16' | 'latin1+utf16';
  /** Core indices of the memory and functions. */
  readonly memory: number | undefined;
  readonly realloc: number | undefined;
  readonly postReturn: number | undefined;
  readonly callback: number | undefined;
  readonly calling: 'sync' | 'async';
}

/** A canonical definition. All except `lift` add a core function. `other` is a definition of WASI 0.3, of which we only know the name. */
export type Canon =
  | { readonly op: 'lift'; readonly func: number; readonly options: CanonOptions; readonly type: number }
  | { readonly op: 'lower'; readonly func: number; readonly options: CanonOptions }
  | { readonly op: 'resource.new' | 'resource.drop' | 'resource.rep'; readonly resource: number }
  | { readonly op: 'other'; readonly name: string };
