import { execa } from 'execa';
import { readFile, readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { readParameter } from '../../scripts/platform/applications-parameter/parameter.ts';
import type { Environment } from '../../scripts/contract/environment.ts';
import { readCredentials } from '../../scripts/store/identity/credentials.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { readMove } from '../../scripts/ledger/move.ts';
import type { LocalMove } from '../../scripts/local/local-move.ts';
import { Supervisor } from '../../scripts/platform/supervisor/supervisor.ts';
import { StoreClient } from '../../scripts/store/client.ts';

/** Waits for something to become so; the limit is only there to end a test that would never end. */
export async function eventually(what: string, ask: () => Promise<boolean>, seconds = 60): Promise<void> {
  await expect.poll(ask, { timeout: seconds * 1000, interval: 50, message: what }).toBe(true);
}

/** Processes whose command line contains all of the words. */
export async function processesWith(...words: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const commandLine = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replaceAll(
      '\0',
      ' ',
    );
    if (words.every((word) => commandLine.includes(word))) found.push(Number(name));
  }
  return found;
}

/** The processes of one program under the supervisor. */
export async function supervised(move: LocalMove, group: string): Promise<number[]> {
  const all = await Supervisor.at(move.home.supervisorConfig).processes();
  return all.filter((one) => one.group === group && one.pid > 0).map((one) => one.pid);
}

export function kill(pids: readonly number[], signal: NodeJS.Signals = 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Everything that a failed or repeated step must leave as it was. */
export async function standing(ledger: Pool, environment: Environment) {
  const { phase, entering, epoch, writesGoTo } = await readMove(ledger);
  return { phase, entering, epoch, writesGoTo, parameter: (await readParameter(environment))?.state };
}

/** How many objects, versions and markers each bucket of the move holds. */
export async function countEverything(environment: Environment): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const move of environment.moves) {
    const target = environment.targets[move.targetCluster];
    if (target === undefined) throw new Error(`no target ${move.targetCluster}`);
    counts[`source ${move.name}`] = await countVersions(environment.source, 'migration', move.sourceBucket);
    counts[`target ${move.name}`] = await countVersions(target, 'migration-verify', move.targetBucket);
  }
  return counts;
}

async function countVersions(endpoint: Environment['source'], user: string, bucket: string): Promise<number> {
  const client = await StoreClient.open(endpoint, user, { requestSeconds: 30 });
  try {
    let count = 0;
    for await (const version of client.listVersions(bucket, {})) {
      if (!version.key.startsWith('.migration/')) count += 1;
    }
    return count;
  } finally {
    await client.close();
  }
}

/** Compares the two sides with somebody else's tool: Debian's rclone, by ETags, both directions. */
export async function rcloneCheck(
  environment: Environment,
  name: string,
): Promise<{ exitCode: number; output: string }> {
  const move = environment.moves.find((candidate) => candidate.name === name);
  const target = move === undefined ? undefined : environment.targets[move.targetCluster];
  if (move === undefined || target === undefined) throw new Error(`no move ${name}`);
  const result = await execa(
    'rclone',
    [
      'check',
      `source:${move.sourceBucket}`,
      `target:${move.targetBucket}`,
      '--exclude=.migration/**',
      '--checkers=8',
      '--config=/dev/null',
    ],
    {
      all: true,
      reject: false,
      // rclone 1.60 breaks on the bundle of certificates that some machines set, even over plain HTTP.
      extendEnv: false,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        ...(await remote('SOURCE', environment.source, 'migration')),
        ...(await remote('TARGET', target, 'migration-verify')),
      },
    },
  );
  return { exitCode: result.exitCode ?? 1, output: result.all };
}

async function remote(
  name: string,
  endpoint: Environment['source'],
  user: string,
): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = await readCredentials(endpoint, user);
  return {
    [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
    [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Ceph',
    [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint.endpoint,
    [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: accessKeyId,
    [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: secretAccessKey,
  };
}
