import type { ComponentDefinition } from './definitions.ts';

/** The names of a component's imports and exports, with versions (`wasi:http/types@0.2.3`). */
export interface World {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** The functions and interfaces that a component imports and exports, in order, without the types among them. */
export function toWorld({ definitions }: ComponentDefinition): World {
  const world = { imports: [] as string[], exports: [] as string[] };
  for (const definition of definitions) {
    if (definition.at === 'import' && isItem(definition.type.sort)) world.imports.push(definition.name);
    if (definition.at === 'export' && isItem(definition.ref.sort)) world.exports.push(definition.name);
  }
  return world;
}

function isItem(sort: string): boolean {
  return sort === 'func' || sort === 'instance';
}
