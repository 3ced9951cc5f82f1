import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/harness/no-bugs.ts'],
    // A process a file: a test that ends a guest's process, or leaves a handle open, harms its own file only.
    pool: 'forks',
    // Most wait for processes that they start: one by one they leave more than half of two cores idle.
    maxWorkers: 2,
    // A slow machine takes long to start a dozen processes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/harness/closing-line.ts'],
  },
});
