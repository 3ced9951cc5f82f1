import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { takeBugs } from './bugs.ts';

// Before each test file: what the host survives is a bug all the same. A test that brings one about takes it.
afterEach(async () => {
  // Node emits warnings in the next tick.
  await nextTurn();
  expect(takeBugs()).toEqual([]);
});
