import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { incomingFolder, withLock } from '../../../../scripts/tools/toolchain/folder.mjs';

const module = path.resolve('scripts/tools/toolchain/folder.mjs');
const options = { what: 'it works', log: () => {} };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lets one at a time work, and gives up the lock when the work fails', async () => {
  const file = path.join(folder, 'sub', 'lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    throw new Error('failed');
  };
  const results = await Promise.allSettled([1, 2, 3].map(() => withLock(file, options, work)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(most).toBe(1);
});

/** A process that takes the lock, starts a child that keeps it if told so, and prints the child's pid. */
async function owner(file: string, child: string) {
  const program = `
    import { spawn } from 'node:child_process';
    import { withLock } from ${JSON.stringify(module)};
    await withLock(${JSON.stringify(file)}, { what: '', log: () => {} }, async (hold) => {
      const child = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', ${child}] });
      console.log(child.pid);
      await new Promise(() => setInterval(() => {}, 1000));
    });`;
  const process = spawn(globalThis.process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(process.stdout, 'data')) as [Buffer];
  return { process, child: Number(line.toString()) };
}

it('a killed owner gives the lock up', async () => {
  const file = path.join(folder, 'lock');
  const { process: first, child } = await owner(file, `'ignore'`);
  first.kill('SIGKILL');
  expect(await withLock(file, options, () => Promise.resolve('mine'))).toBe('mine');
  process.kill(child);
});

it('an installer that outlives its killed owner keeps the lock until it ends', async () => {
  const file = path.join(folder, 'lock');
  const { process: first, child } = await owner(file, 'hold');
  first.kill('SIGKILL');
  const lines: string[] = [];
  let waits: (() => void) | undefined;
  const waiting = new Promise<void>((resolve) => (waits = resolve));
  const log = (line: string) => {
    lines.push(line);
    waits?.();
  };
  const second = withLock(file, { what: 'it fetches', log }, () => Promise.resolve('mine'));
  await waiting;
  expect(lines).toEqual(['Waiting for another run: it fetches; it goes on when that ends.']);
  process.kill(child);
  expect(await second).toBe('mine');
});

it('an incoming folder takes the place of what a killed run left', async () => {
  const target = path.join(folder, 'tool-1');
  const left = incomingFolder(target);
  await mkdir(path.join(left, 'half'));
  await mkdir(target);
  const next = incomingFolder(target);
  expect((await readdir(folder)).sort()).toEqual(['tool-1', path.basename(next)].sort());
  expect(await readdir(next)).toEqual([]);
});
