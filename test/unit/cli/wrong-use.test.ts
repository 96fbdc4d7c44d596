import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { main } from '../../../scripts/cli/main.ts';

let folder: string;
beforeAll(async () => {
  vi.stubEnv('MIGRATE_ENVIRONMENT', '');
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-wrong-use-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function migrate(...words: string[]) {
  const said = { exitCode: 0, stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  await main(words);
  said.exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  for (const spy of spies) spy.mockRestore();
  return said;
}

const places = ['--source', 's3://one', '--target', 's3://two'];

test('--version prints the version', async () => {
  expect(await migrate('--version')).toMatchObject({
    exitCode: 0,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  });
});

test('alone, and with the word help, it shows what there is', async () => {
  const alone = await migrate();
  const help = await migrate('help');
  const worker = await migrate('help', 'sync', 'worker');
  expect(alone).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('preflight') as string });
  expect(help.stdout).toBe(alone.stdout);
  expect(worker.stdout).toMatch(/^Usage: migrate sync worker /);
});

test.each([
  [['snyc'], "error: unknown command 'snyc'\n(Did you mean sync?)"],
  [['sync', 'wroker'], "error: unknown command 'wroker'\n(Did you mean worker?)"],
  [['verify', 'wave'], "error: unknown command 'wave'\n(Did you mean waive?)"],
  [['phase', 'enetr'], "error: unknown command 'enetr'\n(Did you mean enter?)"],
  [['sync', '--dryrun'], "error: unknown option '--dryrun'\n(Did you mean --dry-run?)"],
  [['sync', '--nothing-like-it'], "error: unknown option '--nothing-like-it'"],
  [['status', 'extra'], "error: too many arguments for 'status'. Expected 0 arguments but got 1: extra."],
  // What comes before a sub-command would not reach it.
  [['sync', '--dry-run', 'start'], 'error: give --dry-run after start, not before it'],
  [['failed', '--key'], "error: option '--key <KEY>' argument missing"],
  [['failed', '--key='], "error: option '--key <KEY>' argument missing"],
  // A shell variable that is not set makes the next option look like a value.
  [['failed', '--key', '--json'], "error: option '--key <KEY>' argument missing"],
  [
    ['sync', '--concurrency', 'many'],
    "error: option '--concurrency <N>' argument 'many' is invalid. It must be a whole number from 1 to 1024.",
  ],
  [
    ['sync', '--timeout', '0'],
    "error: option '--timeout <SECONDS>' argument '0' is invalid. It must be a number of seconds above 0 and up to 3600.",
  ],
  [
    ['sync', '--backoff', '86401'],
    "error: option '--backoff <SECONDS>' argument '86401' is invalid. It must be a number of seconds from 0 to 86400.",
  ],
  [['retry'], 'error: which keys? Give --all, or choose by --key, --bucket or --stage.'],
  [['retry', '--all', '--key', 'a'], "error: option '--all' cannot be used with option '--key <KEY>'"],
  [['failed', '--stage', 'copy'], 'Allowed choices are sync, replay, promotion.'],
])('migrate %j is wrong use: exit code 2, and says what is meant', async (words, message) => {
  const { exitCode, stdout, stderr } = await migrate(...words);
  expect([exitCode, stdout]).toEqual([2, words.includes('--json') ? expect.any(String) : '']);
  expect(stderr).toContain(message);
});

test('a value may look like an option where = joins it', async () => {
  const { stderr } = await migrate('failed', '--key=--x', '--environment', '/nowhere');
  expect(stderr).toContain('Cannot read the environment from /nowhere');
});

test('with --json an error is a JSON line too', async () => {
  const { exitCode, stdout } = await migrate('sync', '--dryrun', '--json');
  expect(exitCode).toBe(2);
  const message = "error: unknown option '--dryrun'\n(Did you mean --dry-run?)";
  expect(JSON.parse(stdout)).toEqual({ type: 'error', exitCode: 2, message });
});

test('a file that is missing or no file is wrong use, whichever option names it', async () => {
  const taken = path.join(folder, 'folder');
  await mkdir(taken);
  const text = path.join(folder, 'text');
  await writeFile(text, 'no JSON');
  const missing = path.join(folder, 'missing/file.json');
  const cases: [string[], string][] = [
    [['status', '--environment', missing], `Cannot read the environment from ${missing}: ENOENT`],
    [['status', '--environment', taken], `Cannot read the environment from ${taken}: EISDIR`],
    [['status', '--environment', text], `Cannot read the environment from ${text}: Unexpected token`],
    [['verify', '--certificate', missing], `Cannot read the certificate from ${missing}: ENOENT`],
    [['verify', '--certificate', taken], `Cannot read the certificate from ${taken}: EISDIR`],
    [['verify', ...places, '--out', missing], `Cannot write the certificate to ${missing}: ENOENT`],
    [['verify', ...places, '--out', taken], `Cannot write the certificate to ${taken}: it is a folder`],
  ];
  for (const [words, message] of cases) {
    const { exitCode, stderr } = await migrate(...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});
