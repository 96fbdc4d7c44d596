import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { UserError } from '../../contract/errors.ts';
import { CLEAN_ENVIRONMENT } from '../../platform/supervisor/supervisor.ts';

/** Tells a person what is being done, in one line. */
export type Say = (line: string) => void;

/**
 * Runs a command of the system in a clean environment and returns what it printed. Throws UserError
 * (exit 3) with its error text where it fails.
 */
export async function run(
  words: readonly string[],
  options: { timeoutSeconds: number; input?: string; user?: { uid: number; gid: number }; cwd?: string },
): Promise<string> {
  // It is killed with us: a leftover would work on the same files as the next run.
  const result = await execa('/usr/bin/setpriv', ['--pdeathsig', 'KILL', ...words], {
    extendEnv: false,
    env: CLEAN_ENVIRONMENT,
    timeout: options.timeoutSeconds * 1000,
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.user ?? {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (result.failed) {
    const why = result.timedOut
      ? `no end after ${options.timeoutSeconds} s`
      : result.stderr || result.stdout || result.shortMessage;
    throw new UserError(`${words.join(' ')} failed: ${why}`, { exitCode: 3 });
  }
  return result.stdout;
}

/** Whether anything answers HTTP at a URL before the deadline; what it answers does not matter. */
export async function answers(url: string, deadlineSeconds: number): Promise<boolean> {
  const until = performance.now() + deadlineSeconds * 1000;
  while (!(await answersNow(url))) {
    if (performance.now() > until) return false;
    await sleep(50);
  }
  return true;
}

function answersNow(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(url, { agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(true);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(false));
    sent.end();
  });
}
