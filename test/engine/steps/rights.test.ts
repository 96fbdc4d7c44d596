import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IamStatement } from '../../../infra/foundation/iam.ts';
import type { StepId } from '../../../infra/phases/plan.ts';
import { TARGET_USERS } from '../../../infra/storage/access.ts';
import { stepsRights } from '../../../infra/storage/steps/rights.ts';
import { openCanaryClient, putCanary } from '../../../scripts/capture/canary.ts';
import { readEnvironment, type Environment } from '../../../scripts/environment.ts';
import { openLedger, type Pool } from '../../../scripts/ledger/connect.ts';
import { takeLock } from '../../../scripts/ledger/locks.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { phaseContext } from '../../../scripts/phase/context.ts';
import { runStep } from '../../../scripts/phase/steps.ts';
import { setUpServer } from '../../../scripts/steps/databases.ts';
import { allowWrites, denyWrites } from '../../../scripts/teardown/deny.ts';
import { takeBaseCertificate } from '../../../scripts/verify/parity.ts';
import type { Ask } from '../../support/as-amazon.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';
import { askedOfAws, type Asked } from '../../support/iam/asked-of-aws.ts';
import { overlap } from '../../support/iam/patterns.ts';
import { startMoto, type Moto } from '../../support/moto.ts';
import { ownPostgres, type OwnPostgres } from '../../support/postgres.ts';
import { makeQueue, type TestQueue } from '../../support/sqs.ts';
import { valueOf } from '../../support/recorded.ts';

/**
 * What the steps ask of AWS, heard while they do it, against what their role may: neither more nor less. The
 * stores are one server, so only the source's buckets are Amazon's here.
 */
const SOURCE = 'food-co-images';
const TARGET = 'images-on-ceph';
const ADMINISTRATOR = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-administrator';
const PREFIX = 'storage-dev/ceph/images/';
/** What is signed here or asked by AWS itself, and so is heard by nobody. */
const UNHEARD = ['rds-db:connect', 'kms:Decrypt', 'kms:GenerateDataKey'];

const OBJECT = ['a.jpg', Buffer.from('x'), { tags: { kind: 'food' } }] as const;

let moto: Moto;
let postgres: OwnPostgres;
let folder: string;
let environment: Environment;
let ledger: Pool;
let statements: { actions: string[]; resources: string[] }[];
const before = new Map<string, string | undefined>();

beforeAll(async () => {
  [moto, postgres] = await Promise.all([startMoto(), ownPostgres()]);
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-rights-'));
  for (const [name, value] of Object.entries(moto.variables)) {
    before.set(name, process.env[name]);
    process.env[name] = value;
  }
  const administrator = await postgres.connect('postgres');
  await administrator.query('CREATE ROLE rds_iam');
  await administrator.query(`CREATE ROLE administrator SUPERUSER LOGIN PASSWORD 'secret'`);
  await administrator.end();
  await secret('rds-administrator', { username: 'administrator', password: 'secret' });
  for (const user of TARGET_USERS) {
    await secret(PREFIX + user, { accessKeyId: 'moto', secretAccessKey: 'moto' });
  }
  environment = environmentOn(await makeQueue(moto, 'storage-dev-capture', { deliveries: 3 }));
  await put('/storage/dev/environment', JSON.stringify(environment));
  await put('/storage/dev/applications', '{"version":0,"state":"undecided"}');
  await put('/storage/dev/distribution', 'arn:aws:cloudfront::123456789012:distribution/EXAMPLE');
  const client = await moto.client();
  for (const bucket of [SOURCE, TARGET, 'migration-aside']) await client.createBucket(bucket);
  await client.put(SOURCE, ...OBJECT);
  statements = await Promise.all(
    stepsRights(rightsArgs()).map(async ({ Action, Resource }) => ({
      actions: Action,
      resources: await valueOf(pulumi.all(Resource)),
    })),
  );
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await ledger.end();
  await Promise.all([moto.stop(), postgres.stop()]);
  await rm(folder, { recursive: true });
});

test('the role may all that the steps ask for, and asks for all that it may', async () => {
  const requests: Ask[] = [];
  const listener = (ask: Ask) => void requests.push(ask);
  moto.listeners.add(listener);
  try {
    await everythingThatStepsDoOnAws();
  } finally {
    moto.listeners.delete(listener);
  }
  const asked = requests
    .flatMap((request) => askedOfAws(request, `${moto.region}:${moto.account}`))
    .filter(isOfAmazon);
  const refused = asked.filter((each) => !mayDo(each));
  expect(refused).toEqual([]);
  const heard = new Set(asked.map(({ action }) => action));
  const granted = statements.flatMap(({ actions }) => actions);
  expect(granted.filter((action) => !heard.has(action) && !UNHEARD.includes(action))).toEqual([]);
});

/** The steps of every phase; of those that need Ceph's administration or a cluster, what they do on AWS. */
async function everythingThatStepsDoOnAws(): Promise<void> {
  await readEnvironment('ssm:/storage/dev/environment');
  await setUpServer(environment.databases as NonNullable<Environment['databases']>, () => undefined);
  ledger = openLedger(environment.ledger, { application: 'rights.test' });
  await migrateLedger(ledger);
  const lock = await takeLock(ledger, 'step', { wait: true });
  if (lock === null) throw new Error('no lock');
  const context = phaseContext(environment, ledger, lock, { say: () => undefined });
  const run = async (...ids: StepId[]) => {
    for (const id of ids) await runStep(context, id);
  };
  try {
    await run(
      'preflight',
      'source-readers-allow',
      'archive-rules-install',
      'capture-topic',
      'parameter-source',
    );
    await run('capture-healthy', 'capture-install', 'lag-bounded');
    const client = await openCanaryClient(environment);
    await putCanary(client, SOURCE);
    await client.put(TARGET, ...OBJECT);
    await client.close();
    for (const move of environment.moves) await takeBaseCertificate(environment, ledger, move);
    await run('failover-deny', 'archive-rules-remove', 'failover-allow', 'no-writes-on-target');
    await denyWrites(environment);
    await allowWrites(environment);
    await run('source-readers-deny');
    await expect(run('source-empty')).rejects.toThrow('objects');
  } finally {
    lock.release();
  }
}

function mayDo({ action, resource }: Asked): boolean {
  return statements.some(
    ({ actions, resources }) =>
      actions.includes(action) && resources.some((pattern) => overlap(pattern, resource)),
  );
}

function isOfAmazon({ resource }: Asked): boolean {
  return !resource.startsWith('arn:aws:s3:::') || resource.startsWith(`arn:aws:s3:::${SOURCE}`);
}

function environmentOn(queue: TestQueue): Environment {
  const example = exampleEnvironment();
  const { endpoint, region } = moto;
  const authority = `sslmode=verify-full&sslrootcert=${postgres.certificateAuthority}`;
  return {
    ...example,
    name: 'dev',
    wait: false,
    ledger: `postgres://administrator:secret@127.0.0.1:${postgres.port}/ledger?${authority}`,
    databases: {
      host: '127.0.0.1',
      port: postgres.port,
      region,
      administratorSecret: ADMINISTRATOR,
      models: false,
      certificateAuthority: postgres.certificateAuthority,
    },
    source: { ...moto.source, credentials: { kind: 'ambient' } },
    targets: {
      images: {
        kind: 'ceph',
        endpoint,
        region,
        addressing: 'path',
        credentials: { kind: 'secrets-manager', prefix: PREFIX, region },
      },
    },
    moves: [
      {
        name: 'images',
        sourceBucket: SOURCE,
        targetCluster: 'images',
        targetBucket: TARGET,
        archive: [{ prefix: 'old/', afterDays: 30, storageClass: 'GLACIER_IR' }],
      },
    ],
    capture: {
      kind: 'sqs',
      queueUrl: queue.queueUrl,
      queueArn: queue.queueArn,
      deadLetterUrl: queue.failedUrl,
      region,
    },
    parameter: { kind: 'ssm', name: '/storage/dev/applications', region },
    cacheTier: {
      ...example.cacheTier,
      sourceVpcEndpoint: 'vpce-0123456789abcdef0',
      distributionParameter: '/storage/dev/distribution',
    },
  };
}

function rightsArgs(): Parameters<typeof stepsRights>[0] {
  const connectStatement = (user: string): IamStatement => ({
    Sid: 'Connect',
    Action: ['rds-db:connect'],
    Resource: [`arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-EXAMPLE/${user}`],
  });
  return {
    environment: 'dev',
    region: moto.region,
    account: moto.account,
    sources: [{ bucketArn: `arn:aws:s3:::${SOURCE}`, kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/a' }],
    credentialsPrefixes: [PREFIX],
    secretsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/b',
    database: { connectStatement, masterSecretArn: ADMINISTRATOR },
    databaseKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/d',
    environmentParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/environment',
    distributionParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/distribution',
    applicationsParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/applications',
  };
}

async function put(name: string, value: string): Promise<void> {
  await moto.ssm.send(
    new PutParameterCommand({ Name: name, Value: value, Type: 'String', Tier: 'Advanced' }),
  );
}

function secret(name: string, document: object): Promise<void> {
  return moto.call('secretsmanager', 'secretsmanager.CreateSecret', {
    Name: name,
    SecretString: JSON.stringify(document),
  });
}
