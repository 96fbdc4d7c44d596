import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNDECIDED } from '../../../scripts/contract/undecided.ts';
import { bundleFunction } from '../../../infra/storage/functions/bundle.ts';
import type { Environment } from '../../../scripts/contract/environment.ts';
import type { StepAnswer } from '../../../scripts/contract/step-protocol.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';
import { lambdaRuntime } from '../../support/lambda-runtime.ts';
import { startMoto, type Moto } from '../../support/moto.ts';
import { ownPostgres, type OwnPostgres } from '../../support/postgres.ts';
import { makeQueue } from '../../support/sqs.ts';
import { unpackFunction } from '../../support/unpacked-function.ts';

/**
 * The steps as they run on AWS: the command on a runner that reaches nothing but AWS' APIs, the function as
 * it is bundled, credentials of a role, secrets, parameters and a database server with TLS.
 */
const MIGRATE = path.resolve(import.meta.dirname, '../../../scripts/migrate.ts');
const FUNCTION = 'storage-dev-steps';
const PARAMETER = '/storage/dev/applications';

let moto: Moto;
let postgres: OwnPostgres;
let lambda: Awaited<ReturnType<typeof lambdaRuntime>>;
let folder: string;
let environment: Environment;
const before = new Map<string, string | undefined>();

/** The variables of the function; of this process while it runs here. */
function setVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    before.set(name, process.env[name]);
    process.env[name] = value;
  }
}

async function secret(name: string, document: object): Promise<void> {
  await moto.call('secretsmanager', 'secretsmanager.CreateSecret', {
    Name: name,
    SecretString: JSON.stringify(document),
  });
}

beforeAll(async () => {
  [moto, postgres] = await Promise.all([startMoto(), ownPostgres()]);
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-steps-'));
  const administrator = await postgres.connect('postgres');
  await administrator.query('CREATE ROLE rds_iam');
  await administrator.query(`CREATE ROLE administrator SUPERUSER LOGIN PASSWORD 'of the administrator'`);
  await administrator.end();
  await secret('rds-administrator', { username: 'administrator', password: 'of the administrator' });
  const keys = { accessKeyId: 'moto', secretAccessKey: 'moto' };
  for (const user of [
    'applications',
    'migration-sync',
    'migration-replay',
    'migration-straggler',
    'migration-verify',
  ]) {
    await secret(`storage-dev/ceph/images/${user}`, keys);
  }
  const queue = await makeQueue(moto, 'storage-dev-capture', { deliveries: 3 });
  const client = await moto.client();
  for (const bucket of ['food-co-images', 'images-on-ceph', 'migration-quarantine'])
    await client.createBucket(bucket);

  // Nginx and the workers are Kubernetes' on AWS, which has a test of its own.
  const originFile = path.join(folder, 'origin.conf');
  const reload = path.join(folder, 'reload');
  await writeFile(reload, '#!/bin/sh\n');
  await chmod(reload, 0o755);
  const authority = `sslmode=verify-full&sslrootcert=${postgres.certificateAuthority}`;
  const example = exampleEnvironment();
  environment = {
    ...example,
    name: 'dev',
    wait: false,
    ledger: `postgres://administrator:of%20the%20administrator@127.0.0.1:${postgres.port}/ledger?${authority}`,
    databases: {
      host: '127.0.0.1',
      port: postgres.port,
      region: moto.region,
      administratorSecret: `arn:aws:secretsmanager:${moto.region}:${moto.account}:secret:rds-administrator`,
      models: false,
      certificateAuthority: postgres.certificateAuthority,
    },
    source: { ...moto.source, credentials: { kind: 'ambient' } },
    targets: {
      images: {
        kind: 'ceph',
        endpoint: moto.endpoint,
        region: moto.region,
        addressing: 'path',
        credentials: {
          kind: 'secrets-manager',
          prefix: 'storage-dev/ceph/images/',
          region: moto.region,
        },
      },
    },
    moves: [
      {
        name: 'images',
        sourceBucket: 'food-co-images',
        targetCluster: 'images',
        targetBucket: 'images-on-ceph',
      },
    ],
    capture: { kind: 'sqs', queueUrl: queue.queueUrl, queueArn: queue.queueArn, region: moto.region },
    parameter: { kind: 'ssm', name: PARAMETER, region: moto.region },
    cacheTier: { ...example.cacheTier, turn: { kind: 'file', originFile, reload: [reload] } },
  };
  const put = (name: string, document: unknown) =>
    moto.ssm.send(
      new PutParameterCommand({
        Name: name,
        Value: JSON.stringify(document),
        Type: 'String',
        Tier: 'Advanced',
      }),
    );
  await put('/storage/dev/environment', environment);
  await put(PARAMETER, UNDECIDED);

  setVariables({ ...moto.variables, MIGRATE_ENVIRONMENT: 'ssm:/storage/dev/environment' });
  const task = path.join(folder, 'task');
  const archive = bundleFunction('scripts/move/steps/function.ts', { files: ['infra/database'] });
  await unpackFunction(archive, task);
  const bundle = (await import(path.join(task, 'scripts/function/index.mjs'))) as {
    handler: (event: unknown, context: object) => Promise<StepAnswer>;
  };
  lambda = await lambdaRuntime((_name, event) =>
    bundle.handler(event, { getRemainingTimeInMillis: () => 900_000 }),
  );
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await lambda.stop();
  await Promise.all([moto.stop(), postgres.stop()]);
  await rm(folder, { recursive: true });
});

/** The command on the runner: it knows the function's name, and no environment. */
function migrate(...words: string[]) {
  return execa(process.execPath, [MIGRATE, ...words], {
    reject: false,
    extendEnv: false,
    env: {
      AWS_REGION: moto.region,
      AWS_ACCESS_KEY_ID: 'runner',
      AWS_SECRET_ACCESS_KEY: 'runner',
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      MIGRATE_STEPS_FUNCTION: FUNCTION,
      // A company's proxy is not for this call, and its file of authorities need not be there.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      AWS_CA_BUNDLE: '/none.pem',
    },
  });
}

test('databases are made with the administrator’s secret, and made once', async () => {
  const made = await migrate('databases');
  expect(made.stderr).toContain('made the database ledger\nmade the database food');
  expect(made.stderr).toMatch(/applied to ledger: 0001-move\.sql/);
  expect(made.exitCode).toBe(0);
  const again = await migrate('databases');
  expect([again.exitCode, again.stderr, again.stdout]).toEqual([0, '', '']);
});

test('preflight answers with its findings and its exit code', async () => {
  const clean = await migrate('preflight');
  expect(clean.stdout).not.toContain('blocking  ');
  expect(clean.exitCode).toBe(0);
  const client = await moto.client();
  await client.put('food-co-images', '.migration/theirs', Buffer.from('x'));
  const blocked = await migrate('preflight');
  expect(blocked.exitCode).toBe(1);
  expect(blocked.stdout).toContain('keys begin with .migration/');
  await client.delete('food-co-images', '.migration/theirs');
});

test('a phase is entered and settled; the applications’ parameter says where they are', async () => {
  const planned = await migrate('phase', 'plan', 'prepare');
  expect(planned.stdout).toContain('Phase none → prepare:');
  const entered = await migrate('phase', 'enter', 'prepare');
  expect(entered.stderr).toContain('gate preflight:');
  expect([entered.exitCode, entered.stdout]).toEqual([0, 'prepare']);
  const settled = await migrate('phase', 'settle', 'prepare');
  expect([settled.exitCode, settled.stdout], settled.stderr).toEqual([0, 'prepare']);
  const { Parameter } = await moto.ssm.send(new GetParameterCommand({ Name: PARAMETER }));
  expect(JSON.parse(Parameter?.Value ?? '')).toMatchObject({
    state: 's3',
    stores: { images: { bucket: 'food-co-images', credentials: { kind: 'ambient' } } },
  });
  const status = JSON.parse((await migrate('status', '--json')).stdout) as { move: { phase: string } };
  expect(status.move.phase).toBe('prepare');
});

test('a refusal is printed as it was said there, and is an exit code', async () => {
  const refused = await migrate('phase', 'enter', 'cutover');
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('copy would be skipped');
});

test('two at once are one after the other', async () => {
  const both = await Promise.all([
    migrate('phase', 'settle', 'prepare'),
    migrate('phase', 'settle', 'prepare'),
  ]);
  expect(both.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
    [0, 'prepare'],
    [0, 'prepare'],
  ]);
});

test('an environment of the caller’s own is refused: the function has one', async () => {
  const refused = await migrate('status', '--environment', '/some.json');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('leave --environment out');
});
