import type { Plugin } from 'rolldown';

/**
 * Has a bundle take Node's modules by `process.getBuiltinModule`. A static import reads all that a module exports, and so loads what Node itself loads on demand:
 * `node:http` its WebSocket and `fetch`, with HTTP/2 and TLS (half of what a bare server takes to start, and 14 MB), `node:crypto` the Web Crypto API.
 */
export function builtinsOnDemand(): Plugin {
  return {
    name: 'builtins-on-demand',
    renderChunk: (code) => {
      const lines = code.split('\n').map(rewriteImport);
      // Lines stay where they were, for source maps.
      return { code: lines.join('\n'), map: null };
    },
  };
}

/** Shape of an import: `whole, { name, name as other }`, of which either part may be missing; or `* as whole`. */
const IMPORT = /^import (?:(?:\* as )?([\w$]+))?(?:, )?(\{.*\})? ?from "(node:[^"]+)";$/;

function rewriteImport(line: string): string {
  const [, whole, names = '', module] = IMPORT.exec(line) ?? [];
  if (module === undefined) return line;
  const taken = `process.getBuiltinModule("${module}")`;
  const pattern = names.replaceAll(' as ', ': ');
  if (whole === undefined) return `const ${pattern} = ${taken};`;
  return `const ${whole} = ${taken}${pattern === '' ? '' : `, ${pattern} = ${whole}`};`;
}
