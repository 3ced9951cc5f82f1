import { getOrInsert } from '../../util/get-or-insert.ts';
import type { CoreExternType, CoreModuleDefinition, ModuleDeclaration } from '../definitions.ts';
import { type CoreEntity, type CoreFuncType, type CoreModuleType, isPossible } from './core-types.ts';
import { type Frame, definitionAt, outerFrame } from './frame.ts';
import { shorten } from './print.ts';
import type { Validation } from './validation.ts';

/** A module type under construction. */
interface Draft {
  readonly types: CoreFuncType[];
  readonly imports: Map<string, Map<string, CoreEntity>>;
  readonly exports: Map<string, CoreEntity>;
}

/** The module type that a core module type declares. Source: `core:moduletype` in component-model `Explainer.md`. */
export function typeOfModuleType(
  validation: Validation,
  frame: Frame,
  { declarations }: CoreModuleDefinition,
): CoreModuleType {
  const draft: Draft = { types: [], imports: new Map(), exports: new Map() };
  for (const declaration of declarations) {
    validation.spend(1);
    addDeclaration(validation, frame, draft, declaration);
  }
  return draft;
}

function addDeclaration(validation: Validation, frame: Frame, draft: Draft, item: ModuleDeclaration): void {
  switch (item.at) {
    case 'type':
      draft.types.push(validation.coreFuncs.func(item.type.params, item.type.results));
      break;
    case 'outer type':
      draft.types.push(outerType(validation, frame, draft, item));
      break;
    case 'import': {
      const named = getOrInsert(draft.imports, item.module, () => new Map<string, CoreEntity>());
      if (named.has(item.name))
        validation.fail(`duplicate import "${shorten(item.module)}" "${shorten(item.name)}" in a module type`);
      named.set(item.name, toEntity(validation, draft, item.type));
      break;
    }
    case 'export':
      if (draft.exports.has(item.name)) validation.fail(`duplicate export "${shorten(item.name)}" in a module type`);
      draft.exports.set(item.name, toEntity(validation, draft, item.type));
  }
}

/** Resolves an outer type, counting outwards from the module type itself. */
function outerType(
  validation: Validation,
  frame: Frame,
  { types }: Draft,
  { count, index }: ModuleDeclaration & { at: 'outer type' },
): CoreFuncType {
  if (count === 0) return definitionAt(validation, types, index, 'core type');
  const { coreTypes } = outerFrame(validation, frame, count - 1).frame;
  const type = definitionAt(validation, coreTypes, index, 'core type');
  return type.sort === 'func' ? type.type : validation.refuse('a module type inside a module type');
}

function toEntity(validation: Validation, { types }: Draft, type: CoreExternType): CoreEntity {
  switch (type.kind) {
    case 'func':
    case 'tag':
      return { kind: type.kind, type: definitionAt(validation, types, type.type, 'core type') };
    case 'table':
      return { ...type, isShared: false };
    case 'memory':
      return isPossible(type)
        ? type
        : validation.fail('a memory of more than 65536 pages, or shared without a maximum');
    case 'global':
      break;
  }
  return type;
}
