import { Signer } from '@aws-sdk/rds-signer';
import { messageOf, UserError } from '../contract/errors.ts';
import { ambientChain } from '../store/identity/ambient.ts';

/**
 * A password for one connection to an RDS database: a request signed with this process's own keys, valid
 * for 15 minutes and no longer than they. Throws UserError (exit 3) where there are none.
 */
export async function databaseToken(address: {
  host: string;
  port: number;
  user: string;
  region: string;
}): Promise<string> {
  try {
    const { host: hostname, port, user: username, region } = address;
    return await new Signer({ hostname, port, username, region, credentials: ambientChain() }).getAuthToken();
  } catch (error) {
    throw new UserError(
      `No IAM token for the database user ${address.user}: ${messageOf(error)}. This process needs a role that may rds-db:connect.`,
      { exitCode: 3, cause: error },
    );
  }
}
