import { readFile } from 'node:fs/promises';
import writeWhole from 'write-file-atomic';

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
  if (before !== undefined && Buffer.from(before).equals(Buffer.from(contents))) return false;
  await writeWhole(file, contents, { mode, fsync: durable, ...(owner !== undefined && { chown: owner }) });
  return true;
}
