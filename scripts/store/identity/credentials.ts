import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Credentials, CredentialsProvider } from './ambient.ts';
import type { CredentialsSource } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';

export type { Credentials, CredentialsProvider } from './ambient.ts';

const KeySchema = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});
/** Access keys by user name. Kept in a file of its own with mode 0600. */
const FileSchema = z.record(z.string(), KeySchema);

/**
 * The keys of one user of a store, to be asked for before every request: those of a role or of a secret
 * change while a worker runs. Throws UserError where the user has none.
 */
export async function credentialsProvider(
  source: CredentialsSource,
  user: string,
): Promise<CredentialsProvider> {
  switch (source.kind) {
    case 'file': {
      const key = await readFromFile(source.file, user);
      return () => Promise.resolve(key);
    }
    case 'ambient': {
      const { ambientCredentials } = await import('./ambient.ts');
      return ambientCredentials;
    }
    case 'profile': {
      const { profileCredentials } = await import('./ambient.ts');
      return profileCredentials(source.profile);
    }
    case 'secrets-manager': {
      const { secretText } = await import('./secrets.ts');
      const name = `${source.prefix}${user}`;
      let last: { text: string; key: Credentials } | undefined;
      return async () => {
        const text = await secretText(source.region, name);
        if (last?.text !== text) last = { text, key: parseSecret(name, text) };
        return last.key;
      };
    }
  }
}

/** The keys of one user as they are now. */
export async function readCredentials(
  { credentials }: { credentials: CredentialsSource },
  user: string,
): Promise<Credentials> {
  return (await credentialsProvider(credentials, user))();
}

/** Where a user's key is kept, for messages. */
export function describeSource(source: CredentialsSource, user: string): string {
  switch (source.kind) {
    case 'file':
      return source.file;
    case 'ambient':
      return "this process's own role";
    case 'profile':
      return `the profile ${source.profile}`;
    case 'secrets-manager':
      return `the secret ${source.prefix}${user}`;
  }
}

function parseSecret(name: string, text: string): Credentials {
  try {
    return KeySchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(
      `The secret ${name} is not what it should be: {"accessKeyId": …, "secretAccessKey": …}; the step that makes the user makes it again`,
      { exitCode: 3 },
    );
  }
}

async function readFromFile(file: string, user: string): Promise<Credentials> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError(`Cannot read the credentials from ${file}: ${messageOf(error)}`, {
      exitCode: 3,
      cause: error,
    });
  }
  const all = FileSchema.safeParse(document);
  const found = all.success ? all.data[user] : undefined;
  if (found === undefined) {
    const known = all.success ? Object.keys(all.data).join(', ') : 'none, the file is not valid';
    throw new UserError(`No access key for user "${user}" in ${file}; it has: ${known}`);
  }
  return found;
}
