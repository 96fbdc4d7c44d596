import { Signer } from '@aws-sdk/rds-signer';
import { messageOf, UserError } from '../contract/errors.ts';

type Address = { host: string; port: number; user: string; region: string };

/** One an address for the whole process: each remembers the credentials that the SDK's default chain gave it. */
const signers = new Map<string, Signer>();

/**
 * A password for one connection to an RDS database: a request signed with this process's own keys, valid
 * for 15 minutes and no longer than they.
 *
 * @throws UserError (exit 3) where the process has no keys
 */
export async function iamToken({ host: hostname, port, user: username, region }: Address): Promise<string> {
  const place = `${username}@${hostname}:${port}`;
  const signer = signers.get(place) ?? new Signer({ hostname, port, username, region });
  signers.set(place, signer);
  try {
    return await signer.getAuthToken();
  } catch (error) {
    throw new UserError(
      `No IAM token for the database user ${username}: ${messageOf(error)}. This process needs a role that may rds-db:connect.`,
      { exitCode: 3, cause: error },
    );
  }
}
