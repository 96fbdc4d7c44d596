import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';

/** The full path of the first executable of that name on PATH, or null. */
export async function findExecutable(
  name: string,
  searchPath = process.env['PATH'] ?? '',
): Promise<string | null> {
  for (const folder of searchPath.split(':').filter((part) => part !== '')) {
    const file = path.join(folder, name);
    if (await isExecutable(file)) {
      return file;
    }
  }
  return null;
}

/** Whether a file is there and may be executed. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** PATH with `folders` in front, in that order, each once. */
export function pathWith(folders: string[], searchPath = process.env['PATH'] ?? ''): string {
  const rest = searchPath.split(':').filter((folder) => folder !== '' && !folders.includes(folder));
  return [...folders, ...rest].join(':');
}

/** Whether a version such as `v3.259.0`, `go1.21` or `1.25.11` is at least another. Pre-releases count as the release. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [a, b] = [numbers(version), numbers(least)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return true;
}
