// Whether the rooms of src/ are as they should be: imports point downwards only, those of types too, in no circle; no room is overfull; no name is
// exported twice. The table below is the only place that says what may import what.
import { dirname } from 'node:path';
import { readSourceModules } from './source-modules.ts';

/** Lower layers first. A folder may import those of lower layers, and no other of its own. Files of `src/` itself stand here by name. */
const LAYERS: readonly (readonly string[])[] = [
  ['util'],
  ['io', 'wasm'],
  ['http', 'abi', 'rewriter'],
  ['config'],
  ['component', 'observe'],
  ['outbound', 'linker', 'state'],
  ['wasi'],
  ['instance'],
  ['server'],
  ['host'],
  ['index.ts'],
  ['compare'],
  ['cli'],
  ['main.ts'],
  ['bin.ts'],
];

/** More files than these in one folder are hard to find one's way in. */
const MAX_FILES = 25;

const modules = readSourceModules();
const faults = [...upwardImports(), ...circles(), ...overfullFolders(), ...sharedNames()];
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function layerOf(path: string): number {
  const room = path.split('/')[0] as string;
  return LAYERS.findIndex((rooms) => rooms.includes(room));
}

function upwardImports(): string[] {
  return modules.flatMap(({ path, imports }) => {
    if (layerOf(path) === -1) return [`src/${path} is in no layer: add its folder to scripts/check-layers.ts`];
    return imports
      .filter((other) => other.split('/')[0] !== path.split('/')[0] && layerOf(other) >= layerOf(path))
      .map((other) => `src/${path} imports src/${other}, which is not below it`);
  });
}

/** Circles of files, each told once: strongly connected components, by Tarjan's algorithm. */
function circles(): string[] {
  const imports = new Map(modules.map((module) => [module.path, module.imports]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[] = [];
  const visit = (path: string): number => {
    order.set(path, order.size);
    lowest.set(path, order.get(path) as number);
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      const reached = order.has(next) ? (open.includes(next) ? order.get(next) : undefined) : visit(next);
      if (reached !== undefined) lowest.set(path, Math.min(lowest.get(path) as number, reached));
    }
    if (lowest.get(path) === order.get(path)) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1) found.push(`in a circle: ${circle.map((file) => `src/${file}`).join(', ')}`);
    }
    return lowest.get(path) as number;
  };
  for (const { path } of modules) if (!order.has(path)) visit(path);
  return found;
}

function overfullFolders(): string[] {
  const counts = Map.groupBy(modules, ({ path }) => dirname(path));
  return Array.from(counts)
    .filter(([, files]) => files.length > MAX_FILES)
    .map(([folder, files]) => `src/${folder} has ${files.length} files, where ${MAX_FILES} are allowed`);
}

function sharedNames(): string[] {
  const owners = Map.groupBy(
    modules.flatMap(({ path, exports }) => exports.map((name) => ({ path, name }))),
    ({ name }) => name,
  );
  return Array.from(owners)
    .filter(([, files]) => files.length > 1)
    .map(([name, files]) => `${name} is exported by ${files.map(({ path }) => `src/${path}`).join(' and ')}`);
}
