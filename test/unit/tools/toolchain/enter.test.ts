import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

const enter = path.resolve('scripts/tools/toolchain/enter.mjs');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-enter-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function script(name: string, source: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, source);
  return file;
}

it('becomes the script: arguments, input, environment, exit code', async () => {
  const file = await script(
    'shows.mts',
    `const seen: string[] = [...process.argv.slice(2), String(process.env['AWS_CA_BUNDLE']), String(process.env['https_proxy'])];
     for await (const text of process.stdin) seen.push(String(text));
     console.log(JSON.stringify(seen));
     process.exitCode = 7;`,
  );
  const result = await execa(process.execPath, [enter, file, 'a b', '--flag'], {
    env: { AWS_CA_BUNDLE: '/ca.pem', https_proxy: 'http://p:1' },
    input: 'typed',
    reject: false,
  });
  expect(result.exitCode, result.stderr).toBe(7);
  expect(JSON.parse(result.stdout)).toEqual(['a b', '--flag', 'undefined', 'undefined', 'typed']);
});

it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and ends as the script ends', async (signal) => {
  const file = await script(
    'waits.mts',
    `process.on('${signal}', () => { console.log('stopping'); process.exit(5); });
     setInterval(() => {}, 1000);
     console.log('ready');`,
  );
  const running = execa(process.execPath, [enter, file], { reject: false, stdin: 'ignore' });
  await once(running.stdout, 'data');
  running.kill(signal);
  const result = await running;
  expect(result.stdout).toBe('ready\nstopping');
  expect(result.exitCode).toBe(5);
});

it('a script that a signal ends gives the exit code that shells give', async () => {
  const file = await script('dies.mts', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
  expect((await execa(process.execPath, [enter, file], { reject: false })).exitCode).toBe(137);
});

it('says how to use it', async () => {
  const result = await execa(process.execPath, [enter], { reject: false });
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toBe(
    'Name the script to run: node scripts/tools/toolchain/enter.mjs SCRIPT [ARGUMENT…]',
  );
});
