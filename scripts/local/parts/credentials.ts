import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Credentials } from '../../store/identity/ambient.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { credentialsFileOf, type Home } from '../../contract/local/home-paths.ts';

/**
 * Access keys of users, random, made once and kept (mode 0600). They are written before the users are
 * made, so that a run that was killed between the two goes on with the same keys.
 */
export async function credentialsOf<User extends string>(
  home: Home,
  store: string,
  users: readonly User[],
): Promise<Record<User, Credentials>> {
  const file = credentialsFileOf(home, store);
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const all = JSON.parse(text) as Record<User, Credentials>;
  for (const user of users) {
    all[user] ??= {
      accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
      secretAccessKey: randomBytes(30).toString('base64url'),
    };
  }
  await writeFileAtomic(file, JSON.stringify(all, null, 2) + '\n', { mode: 0o600 });
  return all;
}
