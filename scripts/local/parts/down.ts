import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../contract/errors.ts';
import { isOurs } from './home.ts';
import { homeAt } from '../../contract/local/home-paths.ts';
import { Supervisor } from '../../platform/supervisor/supervisor.ts';
import { ENTRIES } from '../../contract/entries.ts';

const DAEMONS = ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'radosgw', 'nginx', 'postgres', 'supervisord'];
/** How long what we stop may take to end, in milliseconds. */
const DEADLINES_MS = { supervisor: 40_000, terminated: 10_000, killed: 5000 };

/**
 * Stops everything that runs in a home, then removes the folder, and nothing else. Throws UserError where
 * the folder is not ours. May be repeated.
 */
export async function takeDown(folder: string, options: { log: (line: string) => void }): Promise<void> {
  const entries = await readdir(folder).catch(() => undefined);
  if (entries === undefined) {
    options.log(`Nothing to remove: there is no ${folder}.`);
    return;
  }
  if (!(await isOurs(folder))) {
    throw new UserError(
      `${folder} was not made by npm run local (it does not carry its mark); nothing was removed. ` +
        'If you gave the environment another home, name it: --home FOLDER.',
    );
  }
  const home = homeAt(folder);
  options.log(`stopping what runs in ${folder}`);
  const supervisor = Supervisor.at(home.supervisorConfig);
  if (await supervisor.isUp()) {
    const pid = await supervisor.pid();
    await supervisor.shutdown();
    await ended([pid], DEADLINES_MS.supervisor);
  }
  await endAll(folder, 'SIGTERM', DEADLINES_MS.terminated);
  await endAll(folder, 'SIGKILL', DEADLINES_MS.killed);
  const left = await processesOf(folder);
  if (left.length > 0) {
    throw new UserError(`Processes in ${folder} do not end: ${left.join(', ')}. Nothing was removed.`, {
      exitCode: 3,
    });
  }
  options.log(`removing ${folder}`);
  // The mark goes last, so that a removal that was killed can be repeated.
  for (const name of entries.filter((entry) => !entry.startsWith('.'))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}

/** Processes that belong to a home: our daemons by what they were started with, scripts by their environment. */
export async function processesOf(folder: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(ids.map(async (pid) => ((await belongsTo(pid, folder)) ? [pid] : [])));
  return found.flat().filter((pid) => pid !== process.pid);
}

async function belongsTo(pid: number, folder: string): Promise<boolean> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const link = (name: string) => readlink(`/proc/${pid}/${name}`).catch(() => '');
  const [environment, words, name, place] = await Promise.all([
    read('environ'),
    read('cmdline'),
    read('comm'),
    link('cwd'),
  ]);
  const variables = environment.split('\0');
  const isWorker = words.split('\0').some((word) => word.endsWith(`/${ENTRIES.migrate}`));
  if (isWorker && variables.includes(`MIGRATE_ENVIRONMENT=${homeAt(folder).environmentFile}`)) return true;
  if (!DAEMONS.includes(name.trim())) return false;
  // Workers of Nginx and PostgreSQL overwrite their command line, but stay in the folder.
  return words.includes(`${folder}/`) || place === folder || place.startsWith(`${folder}/`);
}

async function endAll(folder: string, signal: 'SIGTERM' | 'SIGKILL', deadlineMs: number): Promise<void> {
  const pids = await processesOf(folder);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }
  await ended(pids, deadlineMs);
}

/** Waits until none of these lives, at most for so many milliseconds. */
async function ended(pids: readonly number[], deadlineMs: number): Promise<void> {
  const until = performance.now() + deadlineMs;
  while (performance.now() < until && pids.some(isAlive)) await sleep(50);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
