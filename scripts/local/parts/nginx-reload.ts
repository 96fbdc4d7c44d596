import { readFile } from 'node:fs/promises';
import { originAnswer, parseOriginConf } from '../../contract/nginx-origin.ts';
import { reloadAndConfirm } from '../../platform/nginx/reload.ts';
import { cacheTierFiles } from '../../contract/local/nginx-files.ts';
import { tail } from '../../platform/supervisor/supervisor.ts';

/**
 * Makes Nginx read its configuration and origin file again, and returns once every request that begins
 * from now on is served by them.
 *
 * Throws UserError (exit 3) where that does not happen in 10 s; the old configuration then goes on.
 */
export async function reloadNginx(home: string, endpoint: string): Promise<void> {
  const files = cacheTierFiles(home);
  const wanted = originAnswer(parseOriginConf(await readFile(files.origin, 'utf8')));
  await reloadAndConfirm(
    {
      configuration: files.configuration,
      pidFile: files.pid,
      endpoint,
      logTail: () => tail(files.errorLog),
    },
    wanted,
  );
}
