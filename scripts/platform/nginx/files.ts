import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../write-file.ts';

/** What Nginx and its follower share: the folder is on a volume of the pod's own. */
export type FollowedFiles = {
  folder: string;
  /** What Nginx runs with: a configuration that has passed `nginx -t`. */
  configuration: string;
  origin: string;
  upstreams: string;
  pid: string;
};

export function followedFiles(folder: string): FollowedFiles {
  const file = (name: string) => path.join(folder, name);
  return {
    folder,
    configuration: file('nginx.conf'),
    origin: file('origin.conf'),
    upstreams: file('upstreams.conf'),
    pid: file('nginx.pid'),
  };
}

/** Writes a file in one step where its text differs. Answers whether it did. */
export async function writeIfChanged(file: string, text: string): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true });
  return writeFileAtomic(file, text);
}
