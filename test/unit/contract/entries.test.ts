import { access } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ENTRIES } from '../../../scripts/contract/entries.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

it.each(Object.entries(ENTRIES))('%s is started from a file that is there', async (_, file) => {
  await expect(access(path.join(ROOT, file))).resolves.toBeUndefined();
});
