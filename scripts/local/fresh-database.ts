import pg from 'pg';

/**
 * Replaces a database beside the ledger of an environment on one machine, for trials and measurements; what
 * was in it is lost. @returns its connection string, of the ledger's own user
 */
export async function freshDatabase(ledger: string, name: string): Promise<string> {
  const role = new pg.Client({ connectionString: ledger }).user ?? 'postgres';
  const superuser = new pg.Client({ connectionString: withDatabase(ledger, 'postgres', 'postgres') });
  await superuser.connect();
  try {
    await superuser.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await superuser.query(`CREATE DATABASE ${name} OWNER ${pg.escapeIdentifier(role)}`);
  } finally {
    await superuser.end();
  }
  return withDatabase(ledger, name);
}

function withDatabase(connectionString: string, database: string, user?: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${database}`;
  if (user !== undefined && url.searchParams.has('user')) {
    url.searchParams.set('user', user);
  } else if (user !== undefined) {
    url.username = user;
  }
  return url.toString();
}
