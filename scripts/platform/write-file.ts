import { randomBytes } from 'node:crypto';
import { chown, open, readFile, rename, rm } from 'node:fs/promises';

export type WriteOptions = {
  /** Default: 0644. */
  mode?: number;
  owner?: { uid: number; gid: number };
  /** Whether the disk has it when this returns, so that it survives a loss of power. Default: yes. */
  durable?: boolean;
};

/**
 * Writes a whole file or nothing: a reader sees the old one or the new one, and a process that is killed
 * leaves the old one.
 *
 * @returns whether the contents changed
 */
export async function writeFileAtomic(
  file: string,
  contents: string | Buffer,
  { mode = 0o644, owner, durable = true }: WriteOptions = {},
): Promise<boolean> {
  const before = await readFile(file).catch(() => undefined);
  if (before?.equals(Buffer.from(contents)) === true) return false;
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(contents);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    if (owner !== undefined) await chown(draft, owner.uid, owner.gid);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return true;
}
