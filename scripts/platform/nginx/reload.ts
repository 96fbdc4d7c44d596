import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { readText } from './read-text.ts';

const NGINX = '/usr/sbin/nginx';
const LIMIT_SECONDS = 10;
/** A signal can be lost to a master that is only just starting. */
const SIGNAL_AGAIN_AFTER = 1000;

/** An Nginx whose processes are in sight. */
export type RunningNginx = {
  configuration: string;
  pidFile: string;
  /** Where it answers `/_origin`, for example `http://127.0.0.1:7400`. */
  endpoint: string;
  /** The end of its log, for the error's text. Default: none. */
  logTail?: () => Promise<string>;
};

/** Throws UserError (exit 3) with what Nginx finds wrong with a configuration. */
export async function testConfiguration(configuration: string): Promise<void> {
  // The log's name: before it has read its own Nginx would open one that we may not write.
  const result = await execa(NGINX, ['-t', '-q', '-e', 'stderr', '-c', configuration], {
    reject: false,
    timeout: LIMIT_SECONDS * 1000,
    all: true,
  });
  if (result.failed) {
    throw new UserError(`Nginx refuses ${configuration}: ${result.all || result.shortMessage}`, {
      exitCode: 3,
    });
  }
}

/**
 * Makes Nginx read its configuration again, and returns once every request that begins from now on is served
 * by it: the new workers answer `wanted` at `/_origin`, and the old ones take no more connections and close
 * each after the answer that is under way. Those answers are cut after the configuration's
 * `worker_shutdown_timeout`.
 *
 * Throws UserError (exit 3) where that does not happen in 10 s; the old configuration then goes on.
 */
export async function reloadAndConfirm(nginx: RunningNginx, wanted: string): Promise<void> {
  await testConfiguration(nginx.configuration);
  const until = performance.now() + LIMIT_SECONDS * 1000;
  const old = await workerProcesses(await masterOf(nginx.pidFile));
  let signalAt = 0;
  let answer: string;
  for (;;) {
    if (performance.now() >= signalAt) {
      signal(await masterOf(nginx.pidFile));
      signalAt = performance.now() + SIGNAL_AGAIN_AFTER;
    }
    answer = await readText(`${nginx.endpoint}/_origin`).catch(messageOf);
    if (answer === wanted && !(await anyServes(old))) return;
    if (performance.now() > until) break;
    await sleep(20);
  }
  const log = nginx.logTail === undefined ? '' : ` Its log ends:\n${await nginx.logTail()}`;
  throw new UserError(
    `Nginx did not take up ${nginx.configuration} in ${LIMIT_SECONDS} s: /_origin says ${answer}, wanted ${wanted}.${log}`,
    { exitCode: 3 },
  );
}

/** The master's process id; 0 where none has written it yet. */
export async function masterOf(pidFile: string): Promise<number> {
  return Number((await readFile(pidFile, 'utf8').catch(() => '0')).trim());
}

function signal(master: number): void {
  if (master <= 1) return;
  try {
    process.kill(master, 'SIGHUP');
  } catch {
    // It has just died; its supervisor starts another, which reads the files.
  }
}

/** The processes whose parent this is. */
async function workerProcesses(master: number): Promise<number[]> {
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
