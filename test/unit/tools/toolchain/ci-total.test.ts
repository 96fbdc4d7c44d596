import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const total = path.resolve(import.meta.dirname, '../../../../.ci/total.mjs');

it.each([
  [
    'counts both commands together',
    '{"passed":2,"failed":0}',
    '{"passed":3,"failed":0}',
    '5 passed, 0 failed',
  ],
  [
    'fails when one failed, and names what did',
    '{"passed":2,"failed":1,"failures":["a.test.ts: it adds\\n    no"]}',
    '{"passed":3,"failed":0}',
    'What failed:\n  a.test.ts: it adds\n    no\n5 passed, 1 failed',
  ],
  [
    'fails when one ended before it could count',
    '',
    '{"passed":3,"failed":0}',
    'What failed:\n  test.json: a command ended before it could count\n3 passed, 1 failed',
  ],
])('the last line of CI %s', async (_, quick, deep, line) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-total-'));
  try {
    const files = ['test.json', 'deep.json'].map((name) => path.join(folder, name));
    if (quick !== '') await writeFile(files[0] ?? '', quick);
    await writeFile(files[1] ?? '', deep);
    const { stdout, exitCode } = await execa(process.execPath, [total, ...files], {
      cwd: folder,
      reject: false,
    });
    expect([stdout, exitCode]).toEqual([line, line.endsWith(' 0 failed') ? 0 : 1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
