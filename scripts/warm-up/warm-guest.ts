// Writes src/host/warm-up/warm-guest.ts from warm-guest.wat: `node scripts/warm-up/warm-guest.ts`. A test says when it is to be written again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const ROOT = join(import.meta.dirname, '../..');

/** The source that holds the component. */
export const WARM_GUEST = join(ROOT, 'src/host/warm-up/warm-guest.ts');

/** What stands in it. */
export async function toSource(): Promise<string> {
  const binary = await parse(readFileSync(join(import.meta.dirname, 'warm-guest.wat'), 'utf8'));
  const component = await componentNew(
    await componentEmbed({ binary, witPath: join(ROOT, 'wit'), world: 'proxy' }),
    [],
  );
  const lines =
    Buffer.from(component)
      .toString('base64')
      .match(/.{1,140}/g) ?? [];
  return `/** A component that gives a small reply, as base64. Made by \`scripts/warm-up/warm-guest.ts\`. */
export const WARM_GUEST =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(WARM_GUEST, await toSource());
