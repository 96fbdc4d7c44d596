import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../contract/errors.ts';

/** Where Debian's package mate-backgrounds puts its pictures. */
export const PHOTOGRAPHS = '/usr/share/backgrounds/mate';

/** Its wallpapers with the desktop's own logo are no photographs. */
const LOGOS = 'desktop/';

export type Photograph = { file: string; name: string; bytes: number };

/**
 * The photographs (JPEG) under a folder, sorted by path so that the same package gives the same input everywhere.
 * Throws a UserError when there are none.
 */
export async function findPhotographs(folder: string = PHOTOGRAPHS): Promise<Photograph[]> {
  const hint = 'install the Debian package mate-backgrounds (apt-get install mate-backgrounds)';
  let files: string[];
  try {
    files = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new UserError(`Cannot read the photographs in ${folder}: ${messageOf(error)}; ${hint}`, {
      exitCode: 3,
      cause: error,
    });
  }
  const found = files.filter((file) => /\.jpe?g$/i.test(file) && !file.startsWith(LOGOS)).sort();
  if (found.length === 0)
    throw new UserError(`There is no photograph in ${folder}; ${hint}`, { exitCode: 3 });
  return Promise.all(
    found.map(async (path) => {
      const file = join(folder, path);
      return { file, name: path, bytes: (await stat(file)).size };
    }),
  );
}
