import pg from 'pg';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { authoritiesOf } from '../../ledger/address.ts';

/** A server of RDS whose administrator's password RDS made and keeps in Secrets Manager. */
export type AdministratorAddress = {
  host: string;
  port: number;
  region: string;
  /** Name or ARN of the secret. */
  secret: string;
  /** File of the authorities (PEM) that the server's certificate is checked against. Default: those of RDS. */
  certificateAuthority?: string | undefined;
};

/** Where the administrator's password and token come from. Asked only when they are needed. */
export type AdministratorAccess = {
  /** The secret's text. */
  secret: () => Promise<string>;
  /** A token of IAM for this user. */
  token: (user: string) => Promise<string>;
};

/** As RDS keeps it. */
const SecretSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** "Wrong password" and "not allowed to log in this way": how PostgreSQL refuses a login. */
const REFUSED = new Set(['28P01', '28000']);

/**
 * Logs in as the administrator, with the kept password, or else with a token of IAM. RDS takes only tokens from a
 * member of `rds_iam`, direct or through other roles, and since PostgreSQL 16 a role's creator becomes its member.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
 *
 * @throws UserError (exit 3) where the server refuses both, or the secret is none of RDS
 */
export async function connectAdministrator(
  address: AdministratorAddress,
  database: string,
  access: AdministratorAccess = awsAccess(address),
): Promise<pg.Client> {
  const { username: user, password } = readSecret(await access.secret(), address.secret);
  const refusals: string[] = [];
  for (const [way, secret] of [
    ['its password', () => Promise.resolve(password)],
    ['a token of IAM', () => access.token(user)],
  ] as const) {
    const client = new pg.Client({
      host: address.host,
      port: address.port,
      database,
      user,
      password: await secret(),
      ssl: authoritiesOf(address.certificateAuthority),
      application_name: 'migrate databases',
      connectionTimeoutMillis: 30_000, // a paused one takes 15 s to wake
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!(error instanceof pg.DatabaseError) || !REFUSED.has(error.code ?? '')) throw error;
      refusals.push(`${way} (${error.message})`);
    }
  }
  throw new UserError(
    `The database server ${address.host} lets ${user} in neither with ${refusals.join(' nor with ')}. ` +
      'This process needs a role that may read the secret and rds-db:connect as that user.',
    { exitCode: 3 },
  );
}

/** Loaded on demand: the AWS SDK takes long to load. */
function awsAccess({ host, port, region, secret }: AdministratorAddress): AdministratorAccess {
  return {
    secret: async () => (await import('../../store/identity/secrets.ts')).secretText(region, secret),
    token: async (user) => (await import('../../ledger/iam-token.ts')).iamToken({ host, port, user, region }),
  };
}

function readSecret(text: string, name: string): z.infer<typeof SecretSchema> {
  try {
    return SecretSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`The secret ${name} is not what RDS makes: {"username": …, "password": …}`, {
      exitCode: 3,
    });
  }
}
