import { connectAdministrator } from '../../platform/databases/administrator.ts';
import { setUpDatabases } from '../../platform/databases/set-up.ts';
import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';

/**
 * Makes the databases, their users and their schemas on a server, as its administrator. Changes nothing the
 * second time.
 */
export async function setUpServer(
  server: NonNullable<Environment['databases']>,
  say: (line: string) => void,
): Promise<void> {
  const { host, port, region, administratorSecret: secret, certificateAuthority, models } = server;
  const address = { host, port, region, secret, certificateAuthority };
  const connect = async (database: string) => {
    try {
      return await connectAdministrator(address, database);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `The database server ${host}:${port} does not let its administrator in: ${messageOf(error)}`,
        { exitCode: 3, cause: error },
      );
    }
  };
  const { made, applied } = await setUpDatabases({ connect, models });
  for (const name of made) say(`made the database ${name}`);
  for (const [name, files] of Object.entries(applied)) {
    if (files.length > 0) say(`applied to ${name}: ${files.join(', ')}`);
  }
}
