import type { Reporter, SerializedError, TestModule } from 'vitest/node';

type Result = { passed: number; skipped: number; readonly failures: string[] };

/**
 * Ends a run with a line `FAILED test: FILE > NAME: MESSAGE` for each test that failed, and the line `N passed, N failed, N skipped`,
 * which scripts read.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const result: Result = {
      passed: 0,
      skipped: 0,
      failures: unhandledErrors.map((error) => failure('unhandled', [error])),
    };
    for (const module of modules) addModule(module, result);
    const counts = `${result.passed} passed, ${result.failures.length} failed, ${result.skipped} skipped`;
    // At the exit, because other reporters and vitest itself still write after a run's end.
    process.once('exit', () => process.stdout.write(`${[...result.failures, counts].join('\n')}\n`));
  }
}

function addModule(module: TestModule, result: Result): void {
  const failedBefore = result.failures.length;
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === 'failed') result.failures.push(failure(`${module.relativeModuleId} > ${test.fullName}`, errors));
    else result[state === 'passed' ? 'passed' : 'skipped'] += 1;
  }
  // A file that cannot be loaded, or whose hooks fail, fails without a failed test.
  if (module.state() === 'failed' && result.failures.length === failedBefore) {
    result.failures.push(failure(module.relativeModuleId, module.errors()));
  }
}

function failure(where: string, errors: readonly SerializedError[] | undefined): string {
  const [message = 'no message'] = errors?.[0]?.message.split('\n') ?? [];
  return `FAILED test: ${where}: ${message}`;
}
