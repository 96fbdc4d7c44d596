import { mkdtemp, readFile, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Findings, findingsPath, LISTED } from '../../../../scripts/move/verify/findings.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

const folder = () => mkdtemp(join(tmpdir(), 'findings-'));

test('a few findings are listed, and no file is written', async () => {
  const path = await folder();
  const findings = new Findings(join(path, 'all.jsonl'));
  await findings.add({ key: 'a', differs: ['size'] });
  expect(await findings.end()).toEqual({ total: 1, listed: [{ key: 'a', differs: ['size'] }] });
  expect(await readdir(path)).toEqual([]);
});

test('of many, the first are listed and all are in a file that only its owner reads', async () => {
  const file = join(await folder(), 'all.jsonl');
  const findings = new Findings(file);
  const keys = Array.from({ length: LISTED + 2 }, (_, index) => `key\n${index}`);
  for (const key of keys) await findings.add({ key, differs: ['etag', 'tags'] });
  const document = await findings.end();
  expect([document.total, document.listed.length, document.file]).toEqual([LISTED + 2, LISTED, file]);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { key: string }).key)).toEqual(keys);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('the file lies beside the parameter and names kind, move and time', () => {
  expect(findingsPath(exampleEnvironment(), 'base', 'images', new Date('2026-01-02T03:04:05.678Z'))).toBe(
    '/findings-base-images-2026-01-02T03-04-05-678Z.jsonl',
  );
});
