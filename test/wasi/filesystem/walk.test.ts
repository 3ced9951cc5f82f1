import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesystemTypes } from '../../../src/wasi/filesystem/types.ts';
import { GrantedDirectories } from '../../../src/wasi/filesystem/grants.ts';
import { preopens } from '../../../src/wasi/filesystem/preopens.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { until } from '../../harness/until.ts';

/** A tree: a directory by names, a file, or a link's target. */
type Node = { readonly [name: string]: Node } | 'file' | { readonly linkTo: string };
type Tree = { readonly [name: string]: Node };

const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
const segment = fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom('..', '.', ''));
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 7 }), fc.constantFrom('', '', '', '/'))
  .map(([segments, start]) => start + segments.join('/'))
  .filter((text) => text !== '');

const { tree } = fc.letrec<{ tree: Tree; node: Node }>((tie) => ({
  tree: fc.dictionary(name, tie('node'), { maxKeys: 3 }),
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Node>('file'),
    path.map((linkTo): Node => ({ linkTo })),
    tie('tree'),
  ),
}));

function make(dir: string, nodes: Tree): void {
  mkdirSync(dir);
  for (const [entry, node] of Object.entries(nodes)) {
    const at = join(dir, entry);
    if (node === 'file') writeFileSync(at, 'public');
    else if (isLink(node)) symlinkSync(node.linkTo, at);
    else make(at, node);
  }
}

function isLink(node: Node): node is { readonly linkTo: string } {
  return typeof node === 'object' && typeof node['linkTo'] === 'string';
}

/** What a path leads to by the book: from the root by real names only, a link's target in the place of its name. */
function model(root: Tree, text: string): string {
  let at: readonly string[] = [];
  let names = [...text.split('/')];
  if (text.startsWith('/')) return 'not-permitted';
  const mustBeDirectory = () => names.every((rest) => rest === '' || rest === '.') && names.length > 0;
  for (let links = 0; names.length > 0;) {
    const [next = '', ...rest] = names;
    names = rest;
    if (next === '' || next === '.') continue;
    if (next === '..') {
      if (at.length === 0) return 'not-permitted';
      at = at.slice(0, -1);
      continue;
    }
    const node = (find(root, at) as Tree)[next];
    if (node === undefined) return 'no-entry';
    if (isLink(node)) {
      links += 1;
      if (links > 40) return 'loop';
      if (node.linkTo.startsWith('/')) return 'not-permitted';
      names = [...node.linkTo.split('/'), ...rest];
    } else if (node === 'file') {
      return names.length === 0 ? 'regular-file' : 'not-directory';
    } else {
      at = [...at, next];
      if (mustBeDirectory()) names = [];
    }
  }
  return 'directory';
}

function find(root: Tree, at: readonly string[]): Node | undefined {
  return at.reduce<Node | undefined>((node, next) => (node as Tree)[next], root);
}

test('a path leads where the book says, or out of the directory nowhere', async () => {
  const base = mkdtempSync(join(tmpdir(), 'wasi-serve-walk-'));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(tree, fc.array(path, { minLength: 1, maxLength: 10 }), async (nodes, paths) => {
      const host = join(base, `${(count += 1)}`);
      make(host, nodes);
      using directories = new GrantedDirectories([{ host, guest: '/', access: 'read-only' }]);
      using ctx = new WasiCtx({ directories });
      const [[root] = []] = preopens.funcs['get-directories'](ctx);
      if (root === undefined) throw new Error('no root');
      for (const text of paths) {
        const result = await filesystemTypes.funcs['[method]descriptor.stat-at'](
          ctx,
          root,
          { symlinkFollow: true },
          text,
        );
        expect([text, result.tag === 'ok' ? result.val.type : result.val]).toEqual([text, model(nodes, text)]);
      }
      await until(() => directories.openFiles === 0);
    }),
    { numRuns: 300 },
  );
  rmSync(base, { recursive: true });
});
