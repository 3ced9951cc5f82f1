import { expect, test } from 'vitest';
import { resolveImports } from '../../../src/linker/plan/resolve.ts';
import { wasiInterfaces } from '../../../src/wasi/interfaces.ts';

test.each([
  ['wasi:config/store@0.2.0-rc.1', 'served'],
  [
    'wasi:config/store@0.2.0-draft',
    /\n {2}wasi:config\/store@0\.2\.0-draft \(nearest .*wasi:config\/store@0\.2\.0-rc\.1\)$/,
  ],
  ['wasi:config/store@0.2.0', /wasi:config\/store@0\.2\.0 /],
  ['wasi:config/runtime@0.2.0-draft', /wasi:config\/runtime@0\.2\.0-draft /],
])('a draft is served in its own version alone: %s', (name, outcome) => {
  const resolve = (): unknown => resolveImports('a', [name], wasiInterfaces).length;
  if (outcome === 'served') expect(resolve()).toBe(1);
  else expect(resolve).toThrow(outcome);
});
