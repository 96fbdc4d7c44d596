import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { installCapture, removeCapture } from '../../../scripts/move/capture/notification.ts';
import {
  notificationId,
  ABORT_RULE_ID,
  isArchiveRule,
  type DocumentKind,
} from '../../../scripts/contract/names.ts';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { listKeptDocuments, type KeptDocument } from '../../../scripts/ledger/source-documents.ts';
import { installArchiveRules, removeArchiveRules } from '../../../scripts/move/steps/archive-rules.ts';
import {
  allowCacheTier,
  CACHE_TIER_SID,
  CDN_SID,
  denyCacheTier,
  denyCdn,
} from '../../../scripts/move/steps/cache-tier-access.ts';
import { withControl } from '../../../scripts/move/common/source-control.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import type { BucketControl } from '../../../scripts/store/control.ts';
import { isEventBridge } from '../../../scripts/store/documents.ts';
import { hasCode } from '../../../scripts/store/errors.ts';
import { EXPIRY_RULES } from '../../../scripts/move/teardown/rules.ts';
import { awsEnvironment, startMoto, type Moto } from '../../support/moto.ts';
import { realServices, type ScratchLedger } from '../../support/real.ts';

const MIGRATE = fileURLToPath(new URL('../../../scripts/migrate.ts', import.meta.url));
const BUCKET = 'customer-images';
const move: Move = {
  name: 'images',
  sourceBucket: BUCKET,
  targetCluster: 'images',
  targetBucket: 'images-on-ceph',
  archive: [
    { prefix: 'originals/', afterDays: 30, storageClass: 'GLACIER_IR' },
    { prefix: 'a & b/', afterDays: 60, storageClass: 'STANDARD_IA' },
  ],
  abortUploadsAfterDays: 7,
};
const ARCHIVE_IDS = ['storage-archive-1-glacier-ir', 'storage-archive-2-standard-ia', ABORT_RULE_ID];

let moto: Moto;
let scratch: ScratchLedger;
let client: StoreClient;
let control: BucketControl;
let environment: Environment;

beforeAll(async () => {
  moto = await startMoto();
  scratch = await (await realServices()).ledger('aws-documents');
  [client, control] = await Promise.all([moto.client(), moto.control()]);
  Object.assign(process.env, moto.variables);
  const queues = await Promise.all(
    ['storage-dev-capture', 'customer-thumbnails'].map((QueueName) =>
      moto.sqs.send(new CreateQueueCommand({ QueueName })),
    ),
  );
  environment = {
    ...awsEnvironment(scratch.environment, moto, {
      queueUrl: queues[0]?.QueueUrl ?? '',
      queueArn: `arn:aws:sqs:${moto.region}:${moto.account}:storage-dev-capture`,
    }),
    moves: [move],
  };
  await moto.ssm.send(
    new PutParameterCommand({
      Name: '/storage/dev/distribution',
      Value: 'arn:aws:cloudfront::123456789012:distribution/E1',
      Type: 'String',
    }),
  );
  environment = {
    ...environment,
    cacheTier: {
      ...environment.cacheTier,
      sourceVpcEndpoint: 'vpce-0123',
      distributionParameter: '/storage/dev/distribution',
    },
  };
});
afterAll(async () => {
  for (const name of Object.keys(moto.variables)) delete process.env[name];
  await scratch.close();
  await moto.stop();
});

const THEIR_NOTIFICATION =
  '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><QueueConfiguration><Id>thumbnails</Id>' +
  '<Queue>arn:aws:sqs:us-east-1:123456789012:customer-thumbnails</Queue><Event>s3:ReducedRedundancyLostObject</Event>' +
  '<Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule></S3Key></Filter></QueueConfiguration></NotificationConfiguration>';
const THEIR_LIFECYCLE =
  '<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>theirs</ID>' +
  '<Filter><And><Prefix>tmp/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter><Status>Enabled</Status>' +
  '<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>';
/** As people write them. */
const THEIR_POLICY = `{
  "Version": "2012-10-17",
  "Statement" : [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": ["arn:aws:s3:::${BUCKET}/*"], "Condition": { "Bool": { "aws:SecureTransport": "false" } } }
  ]
}`;

async function read(kind: DocumentKind): Promise<string | null> {
  try {
    return (await client.send({ method: 'GET', bucket: BUCKET, query: { [kind]: '' } })).text;
  } catch (error) {
    if (hasCode(error, 'NoSuchBucketPolicy', 'NoSuchLifecycleConfiguration')) return null;
    throw error;
  }
}
const readAll = async () => ({
  notification: await read('notification'),
  lifecycle: await read('lifecycle'),
  policy: await read('policy'),
});
const write = (kind: DocumentKind, text: string) =>
  client.send({ method: 'PUT', bucket: BUCKET, query: { [kind]: '' }, body: Buffer.from(text) });

/** Everything that the steps put in, and everything taken out again. */
async function install(): Promise<void> {
  await installArchiveRules(environment);
  await installCapture(environment);
  await allowCacheTier(environment);
}
async function remove(): Promise<void> {
  await removeArchiveRules(environment);
  await removeCapture(environment);
  await denyCacheTier(environment);
}

beforeEach(async () => {
  if (await client.bucketExists(BUCKET)) await client.send({ method: 'DELETE', bucket: BUCKET });
  await client.createBucket(BUCKET);
  await scratch.ledger.query('TRUNCATE source_document, event_bridge_switched_on');
  environment.moves = [move];
});

describe("the customer's documents", () => {
  beforeEach(async () => {
    await write('notification', THEIR_NOTIFICATION);
    await write('lifecycle', THEIR_LIFECYCLE);
    await write('policy', THEIR_POLICY);
  });

  test('are the same to the byte after ours came and went, as often as that is', async () => {
    const before = await readAll();
    expect(before.policy).toBe(THEIR_POLICY);
    await install();
    await install();
    expect((await control.notificationIds(BUCKET)).sort()).toEqual([notificationId(move), 'thumbnails']);
    expect(await control.lifecycleIds(BUCKET)).toEqual(['theirs', ...ARCHIVE_IDS]);
    expect((await control.policy(BUCKET))?.Statement.map(({ Sid }) => Sid)).toEqual([
      undefined,
      CACHE_TIER_SID,
      CDN_SID,
    ]);
    await remove();
    expect(await readAll()).toEqual(before);
    await remove();
    await install();
    await remove();
    expect(await readAll()).toEqual(before);
  });

  test('are kept as they were before each change, the first of a kind as it was theirs', async () => {
    const before = await readAll();
    await install();
    await remove();
    const kept = await listKeptDocuments(scratch.ledger);
    const first = (kind: DocumentKind) => kept.find((document) => document.kind === kind)?.document;
    expect({
      notification: first('notification'),
      lifecycle: first('lifecycle'),
      policy: first('policy'),
    }).toEqual(before);
    expect(new Set(kept.map(({ bucket }) => bucket))).toEqual(new Set([BUCKET]));
    const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-aws-documents-'));
    const file = path.join(folder, 'environment.json');
    await writeFile(file, JSON.stringify(environment));
    const { stdout } = await execa(process.execPath, [MIGRATE, 'source', 'documents', '--environment', file]);
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as KeptDocument);
    await rm(folder, { recursive: true });
    expect(lines.map(({ kind, document }) => [kind, document])).toEqual(
      kept.map(({ kind, document }) => [kind, document]),
    );
  });

  test('are not touched where they cannot be kept', async () => {
    const before = await readAll();
    const away = { ...environment, ledger: 'postgresql://127.0.0.1:1/away' };
    await expect(installArchiveRules(away)).rejects.toThrow(/ECONNREFUSED/);
    await expect(installCapture(away)).rejects.toThrow(/ECONNREFUSED/);
    await expect(allowCacheTier(away)).rejects.toThrow(/ECONNREFUSED/);
    expect(await readAll()).toEqual(before);
  });

  test('keep what the customer changed while ours stood', async () => {
    await install();
    await control.mergeLifecycle(BUCKET, [{ id: 'later', days: 400 }]);
    await control.mergePolicy(BUCKET, [
      { Sid: 'Later', Effect: 'Deny', Principal: '*', Action: 's3:PutObjectAcl' },
    ]);
    await remove();
    expect(await control.lifecycleIds(BUCKET)).toEqual(['theirs', 'later']);
    expect((await control.policy(BUCKET))?.Statement.map(({ Sid }) => Sid)).toEqual([undefined, 'Later']);
  });
});

describe('a bucket without documents', () => {
  test('has none again', async () => {
    await install();
    await remove();
    const after = await readAll();
    expect(after).toMatchObject({ lifecycle: null, policy: null });
    expect(after.notification).not.toMatch(/Id/);
  });
});

describe('archive rules', () => {
  test('say prefix, days and class, and abort uploads', async () => {
    await installArchiveRules(environment);
    const text = (await read('lifecycle')) ?? '';
    const squeezed = text.replaceAll(/\s+</g, '<').replaceAll(/>\s+/g, '>');
    expect(squeezed).toMatch(
      /<ID>storage-archive-1-glacier-ir<\/ID>.*<Prefix>originals\/<\/Prefix>.*<Days>30<\/Days>.*<StorageClass>GLACIER_IR<\/StorageClass>/,
    );
    expect(squeezed).toMatch(/<Prefix>a &amp; b\/<\/Prefix>/);
    expect(squeezed).toMatch(/<DaysAfterInitiation>7<\/DaysAfterInitiation>/);
  });

  test('of earlier settings go when others come', async () => {
    await installArchiveRules(environment);
    environment.moves = [
      { ...move, archive: [{ prefix: '', afterDays: 90, storageClass: 'INTELLIGENT_TIERING' }] },
    ];
    await installArchiveRules(environment);
    expect(await control.lifecycleIds(BUCKET)).toEqual([
      'storage-archive-1-intelligent-tiering',
      ABORT_RULE_ID,
    ]);
  });

  test('are gone when the rules come that empty the bucket, in the same change', async () => {
    await write('lifecycle', THEIR_LIFECYCLE);
    await installArchiveRules(environment);
    const standing = (await control.lifecycleIds(BUCKET)).filter(isArchiveRule);
    await withControl(environment, (each) => each.mergeLifecycle(BUCKET, [...EXPIRY_RULES], standing));
    expect(await control.lifecycleIds(BUCKET)).toEqual(['theirs', ...EXPIRY_RULES.map(({ id }) => id)]);
  });

  test('are for Amazon alone', async () => {
    const onCeph: Environment = { ...environment, source: { ...environment.source, kind: 'ceph' } };
    await installArchiveRules(onCeph);
    expect(await control.lifecycleIds(BUCKET)).toEqual([]);
  });
});

describe('EventBridge', () => {
  let bridged: Environment;
  beforeAll(() => {
    bridged = { ...environment, moves: [{ ...move, events: 'eventbridge' }] };
  });
  beforeEach(() => control.setEventBridge(BUCKET, false));
  const on = async () => (await control.notifications(BUCKET)).some(isEventBridge);

  test('is switched on beside what is there, and off again', async () => {
    await write('notification', THEIR_NOTIFICATION);
    const before = await read('notification');
    await installCapture(bridged);
    await installCapture(bridged);
    expect(await on()).toBe(true);
    expect(await control.notificationIds(BUCKET)).toEqual(['thumbnails']);
    await removeCapture(bridged);
    expect(await on()).toBe(false);
    expect(await read('notification')).toBe(before);
  });

  test('stays on where the customer had it on', async () => {
    await control.setEventBridge(BUCKET, true);
    await installCapture(bridged);
    await removeCapture(bridged);
    expect(await on()).toBe(true);
  });

  test('is known to be ours after a kill in between, and no longer', async () => {
    await scratch.ledger.query('INSERT INTO event_bridge_switched_on (bucket) VALUES ($1)', [BUCKET]);
    await installCapture(bridged);
    await removeCapture(bridged);
    expect(await on()).toBe(false);
    await control.setEventBridge(BUCKET, true); // the customer, afterwards
    await removeCapture(bridged);
    expect(await on()).toBe(true);
  });

  test('stays beside an entry of ours that comes and goes', async () => {
    await control.setEventBridge(BUCKET, true);
    await installCapture({ ...bridged, moves: [move] });
    expect(await control.notificationIds(BUCKET)).toEqual([notificationId(move)]);
    await removeCapture({ ...bridged, moves: [move] });
    expect(await on()).toBe(true);
  });
});

test("CloudFront's statement goes before the cache tier's", async () => {
  await allowCacheTier(environment);
  await denyCdn(environment);
  expect((await control.policy(BUCKET))?.Statement).toEqual([
    {
      Sid: CACHE_TIER_SID,
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
      Principal: '*',
      Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-0123' } },
    },
  ]);
  environment.moves = [{ ...move, targetCluster: 'metadata' }];
  await denyCacheTier(environment);
  expect((await control.policy(BUCKET))?.Statement).toHaveLength(1);
});
