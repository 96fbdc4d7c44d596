import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../contract/errors.ts';
import { processIsAlive } from './processes.ts';

/**
 * Keeps two runs from driving one environment. Held by a file with the process's number; one whose
 * process is dead (kill -9) is taken over.
 *
 * @returns gives the lock back
 */
export async function lockRun(home: string): Promise<() => Promise<void>> {
  const file = path.join(home, 'pulumi', 'run.lock');
  await mkdir(path.dirname(file), { recursive: true });
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder > 0 && (await processIsAlive(holder, 'node'))) {
      throw new UserError(
        `Another run (process ${holder}) is at work on ${home}. Wait for it or stop it, or use another folder and other ports: --home DIR --port-base N`,
        { exitCode: 1 },
      );
    }
    await rm(file, { force: true });
  }
}
