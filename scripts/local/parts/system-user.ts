import { readFile } from 'node:fs/promises';
import { UserError } from '../../contract/errors.ts';

/** The numbers of a system user. Throws UserError (exit 3) where the machine has none of that name. */
export async function systemUser(name: string): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
  if (fields === undefined) {
    throw new UserError(
      `This machine has no user "${name}": a Debian package is missing. Run: npm run local`,
      {
        exitCode: 3,
      },
    );
  }
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
