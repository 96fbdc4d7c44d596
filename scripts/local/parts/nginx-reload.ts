import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { originAnswer, parseOriginConf } from '../../../infra/nginx/origin.ts';
import { UserError } from '../../errors.ts';
import { cacheTierFiles } from './nginx-files.ts';
import { readText, run } from './run.ts';
import { tail } from './supervisor.ts';

const PATIENCE_SECONDS = 10;
/** A signal can be lost to a master that is only just starting. */
const SIGNAL_AGAIN_AFTER = 1000;

/**
 * Makes Nginx read its configuration and origin file again, and returns once every request that begins
 * from now on is served by them: the new workers say so at `/_origin`, and the old ones take no more
 * connections and close each after the answer that is under way. Those answers are cut after the
 * configuration's `worker_shutdown_timeout`.
 *
 * Throws UserError (exit 3) where that does not happen in 10 s; the old configuration then goes on.
 */
export async function reloadNginx(home: string, endpoint: string): Promise<void> {
  const files = cacheTierFiles(home);
  const wanted = originAnswer(parseOriginConf(await readFile(files.origin, 'utf8')));
  await run(['/usr/sbin/nginx', '-t', '-q', '-c', files.configuration], { timeoutSeconds: PATIENCE_SECONDS });

  const until = performance.now() + PATIENCE_SECONDS * 1000;
  const old = await workersOf(await masterOf(files.pid));
  let signalAt = 0;
  let answer: string;
  for (;;) {
    if (performance.now() >= signalAt) {
      signal(await masterOf(files.pid));
      signalAt = performance.now() + SIGNAL_AGAIN_AFTER;
    }
    answer = await readText(`${endpoint}/_origin`).catch(String);
    if (answer === wanted && !(await anyServes(old))) return;
    if (performance.now() > until) break;
    await sleep(20);
  }
  throw new UserError(
    `Nginx did not take up ${files.origin} in ${PATIENCE_SECONDS} s: /_origin says ${answer}, wanted ${wanted}. ` +
      `Its log ends:\n${await tail(files.errorLog)}`,
    { exitCode: 3 },
  );
}

async function masterOf(pidFile: string): Promise<number> {
  return Number((await readFile(pidFile, 'utf8').catch(() => '0')).trim());
}

function signal(master: number): void {
  if (master <= 1) return;
  try {
    process.kill(master, 'SIGHUP');
  } catch {
    // It has just died; the supervisor starts another, which reads the files.
  }
}

/** The processes whose parent this is. */
async function workersOf(master: number): Promise<number[]> {
  if (master <= 1) return [];
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
      // The second field is the name in brackets, and may hold blanks.
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      return parent === String(master) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

/** Whether one of these workers still takes connections: one that does not says so in its title. */
async function anyServes(workers: readonly number[]): Promise<boolean> {
  const titles = await Promise.all(
    workers.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return titles.some((title) => title.includes('worker process') && !title.includes('shutting down'));
}
