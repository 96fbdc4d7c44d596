import { createHash } from 'node:crypto';
import { access, chmod, chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { testConfiguration } from '../../platform/nginx/reload.ts';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { claimHome, once } from './home.ts';
import { cacheTierFiles } from '../../contract/local/nginx-files.ts';
import { reloadNginx } from './nginx-reload.ts';
import { assertPortsFree } from './ports.ts';
import { answers, type Say } from './run.ts';
import type { NginxSpec } from '../../contract/local/specs.ts';
import { ensureSupervisor, tail } from '../../platform/supervisor/supervisor.ts';
import { systemUser } from './system-user.ts';

const PROGRAM = 'nginx';
const DEADLINE_SECONDS = 30;

/**
 * Makes Nginx run with this configuration. The origin file is written only where there is none: from then
 * on it is the cutover's. A change of the rest is taken up without a restart.
 */
export async function nginxUp(spec: NginxSpec, say: Say): Promise<{ endpoint: string }> {
  const home = await claimHome(spec.home);
  const supervisor = await ensureSupervisor(home);
  const files = cacheTierFiles(home.folder);
  await mkdir(files.folder, { recursive: true });
  await chmod(files.folder, 0o755);
  const worker = await systemUser(spec.user);
  for (const folder of [files.cache, files.temporary]) {
    await mkdir(folder, { recursive: true });
    await chown(folder, worker.uid, worker.gid);
  }
  await writeFileAtomic(files.script, spec.script);
  if (!(await exists(files.origin))) await writeFileAtomic(files.origin, spec.firstOrigin);

  const known = await supervisor.knows(PROGRAM);
  if (!known) await assertPortsFree([spec.port, spec.dropPort]);
  await writeFileAtomic(files.configuration, spec.configuration);
  await testConfiguration(files.configuration);
  await supervisor.bring(
    [
      {
        name: PROGRAM,
        command: [
          '/bin/sh',
          path.join(import.meta.dirname, 'nginx-start.sh'),
          files.pid,
          ...['/usr/sbin/nginx', '-c', files.configuration, '-e', files.errorLog],
        ],
        // Lets requests in flight end.
        stopSignal: 'QUIT',
        stopSeconds: 10,
      },
    ],
    { deadlineSeconds: DEADLINE_SECONDS },
  );
  const endpoint = `http://127.0.0.1:${spec.port}`;
  if (!(await answers(`${endpoint}/_origin`, DEADLINE_SECONDS))) {
    throw new UserError(
      `Nginx does not answer at ${endpoint}. Its log ends:\n${await tail(files.errorLog)}`,
      {
        exitCode: 3,
      },
    );
  }
  const version = createHash('sha256').update(spec.configuration).update(spec.script).digest('hex');
  await once(path.join(files.folder, 'loaded'), version, async () => {
    // What has only just been started has read it all.
    if (known) await reloadNginx(home.folder, endpoint);
  });
  say(`nginx: ${endpoint}`);
  return { endpoint };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
