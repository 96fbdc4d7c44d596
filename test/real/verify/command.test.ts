import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realServices, type Scratch } from '../../support/real.ts';
import { bothSides, quick } from './support.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await (await realServices()).scratch('verify-command');
  await writeFile(scratch.environmentFile, JSON.stringify(quick(scratch)));
});
afterAll(() => scratch.close());

const verify = (...words: string[]) =>
  execa('node', ['scripts/migrate.ts', 'verify', ...words, '--environment', scratch.environmentFile], {
    reject: false,
  });

test('exit 0 clean, 1 with a table of findings, then waived by name, 3 when nobody answers', async () => {
  const sides = await bothSides(scratch);
  await sides.onBoth('a', 'x');
  const clean = await verify('--kind', 'base', '--move', 'scratch');
  expect([clean.exitCode, clean.stdout.split('\n')[0]]).toEqual([0, 'base certificate 1 of scratch: clean']);
  await sides.onSource('b c', 'x');
  const found = await verify('--kind', 'base');
  expect(found.exitCode).toBe(1);
  expect(found.stdout).toContain('  "b c"  missing at the target');
  const waived = await verify(
    'waive',
    '--move',
    'scratch',
    '--key',
    'b c',
    '--reason',
    'a test',
    '--by',
    'me',
  );
  expect([waived.exitCode, waived.stdout]).toEqual([0, 'waived "b c" of scratch']);
  const json = await verify('--kind', 'containment', '--json');
  expect(json.exitCode).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: 'containment',
    findings: 0,
    document: { waived: { total: 1 } },
  });
  const environment = quick(scratch, { requestSeconds: 2 });
  const gone = { ...environment, source: { ...environment.source, endpoint: 'http://127.0.0.1:9' } };
  await writeFile(scratch.environmentFile, JSON.stringify(gone));
  const away = await verify('--kind', 'base');
  expect(away.exitCode).toBe(3);
  expect(away.stderr).toContain('A store could not be asked, so nothing was certified');
});

test('wrong use is said so', async () => {
  const unknown = await verify('--move', 'nope');
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, 'There is no move "nope"; there are: scratch']);
});
