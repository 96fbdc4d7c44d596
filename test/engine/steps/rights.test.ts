import * as pulumi from '@pulumi/pulumi';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IamStatement } from '../../../infra/foundation/iam.ts';
import type { StepId } from '../../../scripts/contract/plan.ts';
import { stepsRights } from '../../../infra/storage/steps/rights.ts';
import type { App } from '../../../infra/storage/workers/names.ts';
import { rightsOf } from '../../../infra/storage/workers/rights.ts';
import { notificationId } from '../../../scripts/contract/names.ts';
import { CaptureWatch } from '../../../scripts/move/capture/watch.ts';
import { openControl } from '../../../scripts/move/common/source-control.ts';
import { openCanaryClient, putCanary } from '../../../scripts/move/capture/canary.ts';
import { type Environment, type Move, type StoreEndpoint } from '../../../scripts/contract/environment.ts';
import { readEnvironment } from '../../../scripts/platform/read-environment.ts';
import { openLedger } from '../../../scripts/ledger/connect.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { assertLedgerIsCurrent, mirrorEpoch } from '../../../scripts/move/common/epoch-mirror.ts';
import { takeLock } from '../../../scripts/ledger/locks.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { readMove } from '../../../scripts/ledger/move.ts';
import { phaseContext } from '../../../scripts/move/steps/context.ts';
import { runStep } from '../../../scripts/move/steps/steps.ts';
import { setUpServer } from '../../../scripts/move/steps/databases.ts';
import { copyObject } from '../../../scripts/store/copying.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import { certifyContainment } from '../../../scripts/move/teardown/certify.ts';
import { allowWrites, denyWrites } from '../../../scripts/move/teardown/deny.ts';
import { takeBaseCertificate } from '../../../scripts/move/verify/parity.ts';
import type { Ask } from '../../support/as-amazon.ts';
import { askedOfAws, type Asked } from '../../support/iam/asked-of-aws.ts';
import { overlap } from '../../support/iam/patterns.ts';
import type { Moto } from '../../support/moto.ts';
import {
  ADMINISTRATOR,
  CREDENTIALS,
  moveOnMoto,
  SOURCE,
  TARGET,
  type MoveOnMoto,
} from '../../support/move-on-moto.ts';
import { valueOf } from '../../support/recorded.ts';
import { takeContainmentCertificate } from '../../../scripts/move/verify/containment.ts';

/**
 * What the steps ask of AWS, heard while they do it, against what their role may: neither more nor less; and
 * what pods ask of the source. The stores are one server here, and only the source's bucket is Amazon's.
 */
/** What is signed here or asked by AWS itself, and so is heard by nobody. */
const UNHEARD = ['rds-db:connect', 'kms:Decrypt', 'kms:GenerateDataKey'];

/** Public, so that it is asked whether that has an effect. */
const OBJECT = [
  'a.jpg',
  Buffer.from('x'),
  { tags: { kind: 'food' }, grants: { 'x-amz-acl': 'public-read' } },
] as const;

type Granted = { actions: string[]; resources: string[] };

let move: MoveOnMoto;
let moto: Moto;
let environment: Environment;
let ledger: Pool;

beforeAll(async () => {
  move = await moveOnMoto();
  ({ moto, environment } = move);
  const client = await moto.client();
  await client.put(SOURCE, ...OBJECT);
});
afterAll(async () => {
  await ledger.end();
  await move.stop();
});

test('the role may all that the steps ask for, and asks for all that it may', async () => {
  const rights = await granted(stepsRights(rightsArgs()));
  const asked = await heardWhile(everythingThatStepsDoOnAws);
  expect(asked.filter((each) => !mayDo(rights, each))).toEqual([]);
  const heard = new Set(asked.map(({ action }) => action));
  const unused = rights.flatMap(({ actions }) => actions).filter((action) => !heard.has(action));
  expect(unused.filter((action) => !UNHEARD.includes(action))).toEqual([]);
});

test.each<[App, () => Promise<unknown>]>([
  ['copy', copyObjectOnce],
  ['verify', () => takeBaseCertificate(environment, ledger, environment.moves[0] as Move)],
  ['verify', () => certifyContainment(environment, ledger, () => undefined, takeContainmentCertificate)],
  ['heartbeat', writeCanary],
  ['heartbeat', watchCapture],
  ['hold-watch', keepEpoch],
])('pods of %s may all that they ask of the source', async (app, work) => {
  const { secretsKeyArn, region, account, sources, credentialsPrefixes, ...rest } = rightsArgs();
  const rights = await granted(
    rightsOf(app, {
      region,
      account,
      sources: sources.map(({ bucketArn }) => ({ bucketArn })),
      credentialsPrefixes,
      secretsKeyArn,
      ledger: rest.database.connectStatement('storage_move'),
      food: rest.database.connectStatement('storage_food'),
      parameterArn: rest.applicationsParameterArn,
    }),
  );
  const asked = await heardWhile(work);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((each) => !mayDo(rights, each))).toEqual([]);
});

/** What was asked of AWS meanwhile; of the stores, only what was asked of the source. */
async function heardWhile(work: () => Promise<unknown>): Promise<Asked[]> {
  const requests: Ask[] = [];
  const listener = (ask: Ask) => void requests.push(ask);
  moto.listeners.add(listener);
  try {
    await work();
  } finally {
    moto.listeners.delete(listener);
  }
  return requests
    .flatMap((request) => askedOfAws(request, `${moto.region}:${moto.account}`))
    .filter(
      ({ resource }) =>
        !resource.startsWith('arn:aws:s3:::') || resource.startsWith(`arn:aws:s3:::${SOURCE}`),
    );
}

async function granted(statements: IamStatement[]): Promise<Granted[]> {
  return Promise.all(
    statements.map(async ({ Action, Resource }) => ({
      actions: Action,
      resources: await valueOf(pulumi.all(Resource)),
    })),
  );
}

function mayDo(rights: readonly Granted[], { action, resource }: Asked): boolean {
  return rights.some(
    ({ actions, resources }) =>
      actions.includes(action) && resources.some((pattern) => overlap(pattern, resource)),
  );
}

async function writeCanary(): Promise<void> {
  const client = await openCanaryClient(environment);
  await putCanary(client, SOURCE);
  await client.close();
}

/** Finds the entry missing, and puts it back. */
async function watchCapture(): Promise<void> {
  const control = await openControl(environment, ledger);
  await control.removeNotification(SOURCE, [notificationId(environment.moves[0] as Move)]);
  await new CaptureWatch(environment, ledger, control).look(environment.moves[0] as Move);
  control.close();
}

async function keepEpoch(): Promise<void> {
  await assertLedgerIsCurrent(environment, ledger);
  await mirrorEpoch(environment, (await readMove(ledger)).epoch);
}

async function copyObjectOnce(): Promise<void> {
  const options = { requestSeconds: 10 };
  const source = await StoreClient.open(environment.source, 'migration', options);
  const target = await StoreClient.open(
    environment.targets['images'] as StoreEndpoint,
    'migration-sync',
    options,
  );
  await copyObject({ source, sourceBucket: SOURCE, target, targetBucket: TARGET, key: OBJECT[0] });
  await Promise.all([source.close(), target.close()]);
}

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
    await writeCanary();
    await copyObjectOnce();
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
    credentialsPrefixes: [CREDENTIALS],
    secretsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/b',
    database: { connectStatement, masterSecretArn: ADMINISTRATOR },
    databaseKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/d',
    environmentParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/environment',
    distributionParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/distribution',
    applicationsParameterArn: 'arn:aws:ssm:us-east-1:123456789012:parameter/storage/dev/applications',
  };
}
