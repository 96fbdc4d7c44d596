import { randomBytes } from 'node:crypto';
import { chown, open, readFile, rename, rm } from 'node:fs/promises';

/**
 * Writes a whole file or nothing: a process that is killed leaves the old one.
 *
 * @returns whether the contents changed
 */
export async function writeFileAtomic(
  file: string,
  text: string,
  options: { mode?: number; owner?: { uid: number; gid: number } } = {},
): Promise<boolean> {
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return false;
  const temporary = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    const handle = await open(temporary, 'wx', options.mode ?? 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.owner !== undefined) await chown(temporary, options.owner.uid, options.owner.gid);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return true;
}
