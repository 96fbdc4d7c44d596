import pg from 'pg';
import { z } from 'zod';
import { secretText } from '../aws/secrets.ts';
import { setUpDatabases } from '../database/set-up.ts';
import type { Environment } from '../environment.ts';
import { messageOf, UserError } from '../errors.ts';
import { authoritiesOf } from '../ledger/address.ts';

/** As RDS keeps the administrator's password in Secrets Manager. */
const AdministratorSchema = z.object({ username: z.string(), password: z.string() });

/**
 * Makes the databases, their users and their schemas on a server, as its administrator. Changes nothing the
 * second time.
 */
export async function setUpServer(
  server: NonNullable<Environment['databases']>,
  say: (line: string) => void,
): Promise<void> {
  const { host, port, region, administratorSecret, models } = server;
  const connect = async (database: string): Promise<pg.Client> => {
    const { username: user, password } = await administrator(region, administratorSecret);
    const client = new pg.Client({
      host,
      port,
      user,
      password,
      database,
      ssl: authoritiesOf(server.certificateAuthority),
      connectionTimeoutMillis: 10_000,
      application_name: 'migrate databases',
    });
    try {
      await client.connect();
    } catch (error) {
      throw new UserError(
        `The database server ${host}:${port} does not let its administrator in: ${messageOf(error)}`,
        { exitCode: 3, cause: error },
      );
    }
    return client;
  };
  const { made, applied } = await setUpDatabases({ connect, models });
  for (const name of made) say(`made the database ${name}`);
  for (const [name, files] of Object.entries(applied)) {
    if (files.length > 0) say(`applied to ${name}: ${files.join(', ')}`);
  }
}

async function administrator(region: string, secret: string): Promise<z.infer<typeof AdministratorSchema>> {
  const text = await secretText(region, secret);
  try {
    return AdministratorSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`The secret ${secret} is not what RDS makes: {"username": …, "password": …}`, {
      exitCode: 3,
    });
  }
}
