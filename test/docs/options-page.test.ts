import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { OPTIONS_PAGE, toOptionsPage } from '../../scripts/options-page.ts';

test('docs/options.md is what the table of options says: else run `node scripts/options-page.ts`', async () => {
  expect(await readFile(OPTIONS_PAGE, 'utf8')).toBe(toOptionsPage());
});
