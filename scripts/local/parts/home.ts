import { chmod, mkdir, readdir, readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { homeAt, type Home } from '../../contract/local/home-paths.ts';

/** What a folder of ours carries; `down` removes no folder without it. */
const MARKER = '.storage-local';
/** The longest socket below the home has 45 characters, and a socket's path may have 107. */
const LONGEST_HOME = 60;
/** Where others put something before the first part comes up. */
const MAY_COME_FIRST = ['pulumi', 'log'];
const WANTED_FREE_BYTES = 4 * 2 ** 30;

/**
 * Marks the folder as ours and makes what every part needs in it. Does nothing where that has been done.
 * Throws UserError where the folder holds files that are not ours, we are not root, or the disk is full.
 */
export async function claimHome(folder: string): Promise<Home> {
  if (!path.isAbsolute(folder) || path.normalize(folder) !== folder || folder.endsWith('/')) {
    throw new UserError(`The home of the local environment is "${folder}"; it must be an absolute path.`);
  }
  if (Buffer.byteLength(folder) > LONGEST_HOME || /[\s%'"\\;]/.test(folder)) {
    throw new UserError(
      `The home of the local environment is "${folder}"; choose a path of at most ${LONGEST_HOME} characters ` +
        'without blanks, quotes, % and ; (sockets lie below it, whose paths the kernel keeps short).',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new UserError(
      'The local environment must be run as root: Ceph, Nginx and PostgreSQL run as users of their own. Use sudo.',
    );
  }
  const home = homeAt(folder);
  if (!(await isOurs(folder))) {
    const others = (await readdir(folder).catch(() => [])).filter((name) => !MAY_COME_FIRST.includes(name));
    if (others.length > 0) {
      throw new UserError(
        `${folder} is not empty and is not ours (it holds ${others.slice(0, 3).join(', ')}). ` +
          'Choose another home: pulumi config set storage:home FOLDER, or --home FOLDER.',
      );
    }
    await mkdir(folder, { recursive: true });
    await assertSpace(folder);
    await writeFileAtomic(path.join(folder, MARKER), '{"storage-local":1}\n');
  }
  // PostgreSQL and Nginx drop root and must still reach their own folders.
  await chmod(folder, 0o711);
  for (const open of [home.run, home.log, home.data]) {
    await mkdir(open, { recursive: true });
    await chmod(open, 0o711);
  }
  for (const closed of [home.credentials, home.supervisorPrograms]) {
    await mkdir(closed, { recursive: true });
    await chmod(closed, 0o700);
  }
  return home;
}

/** Whether a folder carries our marker. */
export async function isOurs(folder: string): Promise<boolean> {
  const text = await readFile(path.join(folder, MARKER), 'utf8').catch(() => '');
  return text.includes('"storage-local"');
}

async function assertSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < WANTED_FREE_BYTES) {
    const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
    throw new UserError(
      `${folder} has ${gib(free)} free; the local environment needs ${gib(WANTED_FREE_BYTES)}. ` +
        'Free some, or choose another home: pulumi config set storage:home FOLDER.',
      { exitCode: 3 },
    );
  }
}

/**
 * Does something slow once: a note that it was done is kept beside what it made, and as long as `input`
 * is the same it is not done again. `work` must bear being started again half-way.
 */
export async function once(note: string, input: string, work: () => Promise<void>): Promise<void> {
  if ((await readFile(note, 'utf8').catch(() => undefined)) === input) return;
  await work();
  await writeFileAtomic(note, input, { mode: 0o600 });
}
