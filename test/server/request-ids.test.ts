import { expect, test } from 'vitest';
import { RequestIds } from '../../src/server/request-ids.ts';

test('ids are random UUIDs, and no two are the same', () => {
  const ids = new RequestIds();
  const all = Array.from({ length: 2000 }, () => ids.next());
  expect(new Set(all).size).toBe(all.length);
  for (const id of all) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  // All digits that are random take all values.
  for (const at of [0, 7, 9, 15, 20, 35]) expect(new Set(all.map((id) => id[at])).size, `digit ${at}`).toBe(16);
});

test('two hosts have different ids', () => {
  expect(new RequestIds().next()).not.toBe(new RequestIds().next());
});
