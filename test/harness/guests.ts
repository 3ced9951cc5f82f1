import { join } from 'node:path';
import { type Component, type LoadComponentOptions, loadComponent } from '../../src/index.ts';

/** The engines and isolations that a component can be loaded for. */
export type LoadWay = Pick<LoadComponentOptions, 'engine' | 'isolation'>;

/** Where tests keep what is made from components, from one run to the next. */
export const TEST_CACHE = join(import.meta.dirname, '../../.cache/test');

/** What every engine runs, in every isolation that it has. */
export const LOAD_WAYS = [
  { engine: 'linker', isolation: 'reset' },
  { engine: 'linker', isolation: 'restart' },
  { engine: 'linker', isolation: 'fresh' },
  { engine: 'jco', isolation: 'fresh' },
] as const;

const loaded = new Map<string, Promise<Component>>();

/** The file of a guest in components/. */
export function guestFile(name: string): string {
  return join(import.meta.dirname, `../../components/${name}/${name}.wasm`);
}

/** A guest in components/, loaded once for all tests of a file. */
export function guest(name: string, { engine, isolation }: LoadWay = {}): Promise<Component> {
  const key = `${name} ${engine} ${isolation}`;
  let component = loaded.get(key);
  if (component === undefined)
    loaded.set(key, (component = loadComponent(guestFile(name), { cache: TEST_CACHE, engine, isolation })));
  return component;
}
