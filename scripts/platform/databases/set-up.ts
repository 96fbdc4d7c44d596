import pg from 'pg';
import { applyMissing, readSql } from '../../ledger/migrations.ts';

/** Any constant serves: it keeps two set-ups of one server from running at once. */
const SET_UP_LOCK = 7_203_119;

export type SetUpOptions = {
  /** Connects to a database of the server as its administrator; the connection is ended here. */
  connect: (database: string) => Promise<pg.Client>;
  /** Whether the server is Aurora, whose SQL can ask models. */
  models: boolean;
};

/** What was missing: databases made, and by database the migrations that were applied. */
export type SetUpReport = { made: string[]; applied: Record<string, string[]> };

/** `schema`: folders of `infra/database/`, in their order. */
type Wanted = { name: string; owner: string; roles: readonly string[]; schema: readonly string[] };

/**
 * Makes a server what the migration and the applications need: owners and users, the databases `ledger` and
 * `food`, rights, schemas. Running it again changes nothing but what is missing; nothing is ever dropped.
 * A second one at the same time waits for the first.
 */
export async function setUpDatabases(options: SetUpOptions): Promise<SetUpReport> {
  const report: SetUpReport = { made: [], applied: {} };
  await withClient(options, 'postgres', async (server) => {
    // Held by the session, since CREATE DATABASE runs in no transaction.
    await server.query('SELECT pg_advisory_lock($1)', [SET_UP_LOCK]);
    await server.query(await readSql('roles/cluster.sql'));
    for (const wanted of databases(options.models)) {
      if (await makeDatabase(server, wanted)) report.made.push(wanted.name);
      report.applied[wanted.name] = await withClient(options, wanted.name, (client) =>
        setUpDatabase(client, wanted),
      );
    }
  });
  return report;
}

function databases(models: boolean): Wanted[] {
  return [
    { name: 'ledger', owner: 'ledger_owner', roles: ['roles/ledger.sql'], schema: ['ledger'] },
    {
      name: 'food',
      owner: 'food_owner',
      roles: ['roles/food.sql', ...(models ? ['roles/food-models.sql'] : [])],
      schema: ['food', ...(models ? ['food/aws_ml'] : [])],
    },
  ];
}

async function makeDatabase(server: pg.Client, { name, owner }: Wanted): Promise<boolean> {
  const there = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (there.rowCount !== 0) return false;
  await server.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)}`);
  return true;
}

/** Rights first: what migrations make gets the default ones. */
async function setUpDatabase(client: pg.Client, { owner, roles, schema }: Wanted): Promise<string[]> {
  await client.query('BEGIN');
  for (const file of roles) await client.query(await readSql(file));
  await client.query(`SET LOCAL ROLE ${pg.escapeIdentifier(owner)}`);
  const applied = await applyMissing(client, schema);
  await client.query('COMMIT');
  return applied;
}

/** Ends the connection whatever happens, and with it a transaction that was not committed. */
async function withClient<T>(
  { connect }: SetUpOptions,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(database);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
