import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { HostError } from '../util/host-error.ts';
import type { ComponentSource } from './source.ts';

/** What a component asks for and gives: the names of its world, with versions (`wasi:http/types@0.2.3`). */
export interface World {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** Reads the component's own world. Throws `HostError` where the bytes are damaged. */
export async function readWorld(source: ComponentSource): Promise<World> {
  const wit = await componentWit(source.bytes).catch((error: unknown) => {
    const detail = describe(error);
    throw new HostError('bad-component', `${source.label} is damaged or cut off: ${detail}`, { cause: error });
  });
  return parseWorld(wit);
}

/** The imports and exports of the first world in `wit`, which describes the component itself. */
export function parseWorld(wit: string): World {
  const body = /^world [^{]*\{\n(?<body>[\s\S]*?)^\}/m.exec(wit)?.groups?.['body'] ?? '';
  return { imports: namesAfter('import', body), exports: namesAfter('export', body) };
}

/** An item is `import wasi:cli/exit@0.2.3;`, `import name: func(…);` or `import name: interface {`. */
function namesAfter(keyword: string, body: string): string[] {
  const items = body.matchAll(
    new RegExp(`^  ${keyword} (?<name>[^;{\\s]+?)(?:;|: (?:async )?(?:func|interface)\\b)`, 'gm'),
  );
  return Array.from(items, (item) => item.groups?.['name'] ?? '');
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').slice(0, 4).join(' ').trim();
}
