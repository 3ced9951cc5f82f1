import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/harness/no-bugs.ts'],
    // A process a file: a test that ends a guest's process, or leaves a handle open, harms its own file only.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/harness/closing-line.ts'],
  },
});
