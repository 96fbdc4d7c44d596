import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LIMIT_MS = 180_000;

let folder: string;
/** As npm leaves it: what we need beside us, because a package below node_modules has no lock file of its own. */
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-package-'));
  const modules = path.join(folder, 'node_modules');
  installed = path.join(modules, 'storage');
  await mkdir(installed, { recursive: true });
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  await execa('npm', ['run', 'package', '--', '--pack-destination', folder], { cwd: ROOT });
  const [archive = 'none'] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await execa('tar', ['xzf', path.join(folder, archive), '-C', installed, '--strip-components=1']);
}, LIMIT_MS);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(path.join(ROOT, 'dist'), { recursive: true, force: true });
});

const migrate = (...words: string[]) =>
  execa('node', [path.join(installed, 'scripts/tools/package/bin.mjs'), ...words], {
    cwd: folder,
    reject: false,
  });

test('the package has what it runs on, and no TypeScript', async () => {
  const files = await readdir(installed, { recursive: true });
  expect(files).toEqual(
    expect.arrayContaining(['dist/scripts/migrate.js', 'infra/database/ledger/0001-move.sql', 'docs/cli.md']),
  );
  expect(files.filter((file) => file.endsWith('.ts'))).toEqual([]);
});

test(
  'installed below node_modules it runs, makes a ledger and finds its SQL',
  { timeout: LIMIT_MS },
  async () => {
    const places = ['--source-endpoint', 'http://127.0.0.1:9', '--target-endpoint', 'http://127.0.0.1:9'];
    const status = await migrate('status', '--source', 's3://one', '--target', 's3://two', ...places);
    expect([status.exitCode, status.stderr]).toEqual([0, '']);
    expect(status.stdout).toMatch(
      /^sync +one-[0-9a-f]{8}: no run of sync was begun\nreplay +nothing open\nverify +no certificate yet/,
    );
    const wrong = await migrate('verify', '--sauce', 's3://one');
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("unknown option '--sauce'\n(Did you mean --source?)"),
    ]);
    expect((await migrate('--version')).stdout).toBe('0.1.0');
  },
);
