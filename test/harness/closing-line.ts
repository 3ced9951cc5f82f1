import type { Reporter, TestModule } from 'vitest/node';

type Counts = { passed: number; failed: number; skipped: number };

/** Ends a run with the line `N passed, N failed, N skipped`, which scripts read. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) countTests(module, counts);
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
    // At the exit, because other reporters and vitest itself still write after a run's end.
    process.once('exit', () => process.stdout.write(line));
  }
}

function countTests(module: TestModule, counts: Counts): void {
  const failedBefore = counts.failed;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    counts[state === 'pending' ? 'skipped' : state] += 1;
  }
  // A file that cannot be loaded, or whose hooks fail, fails without a failed test.
  if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
}
