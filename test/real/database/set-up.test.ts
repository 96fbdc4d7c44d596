import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectAdministrator,
  type AdministratorAddress,
} from '../../../scripts/platform/databases/administrator.ts';
import { setUpDatabases, type SetUpReport } from '../../../scripts/platform/databases/set-up.ts';
import { sqlFiles } from '../../../scripts/ledger/migrations.ts';
import { ownPostgres, type OwnPostgres } from '../../support/postgres.ts';

const MODELS = fileURLToPath(new URL('aws_ml.sql', import.meta.url));

let server: OwnPostgres;
let first: SetUpReport;
/** Connections of the test, ended after it. */
const clients: pg.Client[] = [];

async function login(database: string, user?: string): Promise<pg.Client> {
  const client = await server.connect(database, user);
  clients.push(client);
  return client;
}

const setUp = (models: boolean) =>
  setUpDatabases({ connect: (database) => server.connect(database, 'administrator'), models });

beforeAll(async () => {
  server = await ownPostgres();
  const superuser = await login('postgres');
  // What RDS gives: a role for IAM, and an administrator that is no superuser.
  await superuser.query(`
    CREATE ROLE rds_iam;
    CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'kept by RDS';
  `);
  first = await setUp(false);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server.stop();
});

describe('the set-up of a server', () => {
  it('makes both databases and applies every migration once', async () => {
    expect(first.made).toEqual(['ledger', 'food']);
    const plain = (files: string[]) => files.map((file) => file.slice(file.indexOf('/') + 1));
    expect(first.applied).toEqual({
      ledger: plain(await sqlFiles('ledger')),
      food: plain(await sqlFiles('food')),
    });
    expect(await setUp(false)).toEqual({ made: [], applied: { ledger: [], food: [] } });
  });

  it('makes the administrator no member of rds_iam, or RDS would take its password no more', async () => {
    const superuser = await login('postgres');
    const { rows } = await superuser.query<{ rolname: string }>(
      `SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'rds_iam', 'MEMBER') AND NOT rolsuper ORDER BY rolname`,
    );
    expect(rows.map((row) => row.rolname)).toEqual(['rds_iam', 'storage_food', 'storage_move']);
  });

  it('gives the migration its own schema, and what it makes to the owner', async () => {
    const move = await login('ledger', 'storage_move');
    await move.query('CREATE TABLE made_by_a_worker (a int)');
    const { rows } = await move.query<{ tableowner: string }>(
      `SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(rows).toEqual([{ tableowner: 'ledger_owner' }]);
    await move.query('DROP TABLE made_by_a_worker');
  });

  it('lets the food user work on rows and change no schema', async () => {
    const food = await login('food', 'storage_food');
    await food.query(
      `INSERT INTO object_event (bucket, key, kind, event_name) VALUES ('b', 'k', 'put', 'x')`,
    );
    await expect(food.query('CREATE TABLE mine (a int)')).rejects.toThrow(
      'permission denied for schema public',
    );
    await expect(food.query('DROP TABLE orders')).rejects.toThrow('must be owner of table orders');
    await expect(food.query('TRUNCATE payment')).rejects.toThrow('permission denied for table payment');
  });

  it('keeps each user out of the other’s database', async () => {
    await expect(server.connect('ledger', 'storage_food')).rejects.toThrow('permission denied for database');
    await expect(server.connect('food', 'storage_move')).rejects.toThrow('permission denied for database');
  });

  it('leaves nothing of a migration that fails', async () => {
    const superuser = await login('food');
    // A function of the same name is in the way of the file for models.
    await superuser.query(await readFile(MODELS, 'utf8'));
    await superuser.query('GRANT CREATE ON SCHEMA public TO administrator');
    await superuser.query(
      `GRANT ALL ON SCHEMA aws_sagemaker, aws_bedrock TO administrator WITH GRANT OPTION`,
    );
    await superuser.query(
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_sagemaker, aws_bedrock TO administrator WITH GRANT OPTION`,
    );
    await superuser.query(
      `CREATE FUNCTION keep_allergens(of_food text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`,
    );
    await expect(setUp(true)).rejects.toThrow('function "keep_allergens" already exists');
    const { rowCount } = await superuser.query(`SELECT FROM pg_proc WHERE proname = 'embed_food'`);
    expect(rowCount).toBe(0);
    await superuser.query('DROP FUNCTION keep_allergens');
    expect((await setUp(true)).applied).toEqual({ ledger: [], food: ['aws_ml/0500-model-functions.sql'] });
  });
});

describe('the administrator’s login', () => {
  const address = (): AdministratorAddress => ({
    host: '127.0.0.1',
    port: server.port,
    region: 'us-east-1',
    secret: 'the-secret',
    certificateAuthority: server.certificateAuthority,
  });
  const access = (password: string, token: string) => {
    const asked: string[] = [];
    return {
      asked,
      secret: () => {
        asked.push('secret');
        return Promise.resolve(JSON.stringify({ username: 'administrator', password }));
      },
      token: (user: string) => {
        asked.push(`token for ${user}`);
        return Promise.resolve(token);
      },
    };
  };

  it('uses the kept password where that is taken, over TLS', async () => {
    const given = access('kept by RDS', 'a token');
    const client = await connectAdministrator(address(), 'postgres', given);
    clients.push(client);
    expect(given.asked).toEqual(['secret']);
    const { rows } = await client.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ ssl: true }]);
  });

  it('uses a token where the password is refused', async () => {
    const given = access('an old password', 'kept by RDS');
    clients.push(await connectAdministrator(address(), 'postgres', given));
    expect(given.asked).toEqual(['secret', 'token for administrator']);
  });

  it('says what was refused where neither is taken', async () => {
    await expect(connectAdministrator(address(), 'postgres', access('x', 'y'))).rejects.toThrow(
      'The database server 127.0.0.1 lets administrator in neither with ' +
        'its password (password authentication failed for user "administrator") nor with ' +
        'a token of IAM (password authentication failed for user "administrator"). ' +
        'This process needs a role that may read the secret and rds-db:connect as that user.',
    );
  });

  it('asks for no token where the server is away or the database is not there', async () => {
    const given = access('kept by RDS', 'y');
    await expect(connectAdministrator(address(), 'nowhere', given)).rejects.toThrow('does not exist');
    const away = connectAdministrator({ ...address(), port: 1 }, 'postgres', given);
    await expect(away).rejects.toThrow('ECONNREFUSED');
    expect(given.asked).toEqual(['secret', 'secret']);
  });

  it.each(['', 'a password', '{"password":"x"}'])(
    'refuses a secret that is none of RDS: %j',
    async (text) => {
      const given = { ...access('', ''), secret: () => Promise.resolve(text) };
      await expect(connectAdministrator(address(), 'postgres', given)).rejects.toThrow(
        'The secret the-secret is not what RDS makes: {"username": …, "password": …}',
      );
    },
  );
});
