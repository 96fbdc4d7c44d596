import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bridgePattern } from '../../../infra/storage/capture/bridge.ts';
import { bundleFile } from '../../../infra/storage/functions/bundle.ts';
import { openCanaryClient, proveCanary, putCanary } from '../../../scripts/move/capture/canary.ts';
import type { SqsBatchResponse, SqsEvent } from '../../../scripts/move/capture/lambda.ts';
import { installCapture, removeCapture } from '../../../scripts/move/capture/notification.ts';
import type { Environment } from '../../../scripts/contract/environment.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { awsEnvironment, startMoto, type Moto } from '../../support/moto.ts';
import { realServices, type ScratchLedger } from '../../support/real.ts';
import { eventually } from '../replay/support.ts';
import { deliver, deliverAll, depthOf, makeQueue, type TestQueue } from '../../support/sqs.ts';

const MIGRATE = fileURLToPath(new URL('../../../scripts/migrate.ts', import.meta.url));
/** As little as lets a message be seen to come again. */
const DELIVERIES = 3;
const OWN_ROLE = 'AROATESTROLEEXAMPLE';

let moto: Moto;
let scratch: ScratchLedger;
let queue: TestQueue;
let environment: Environment;
let client: StoreClient;
let bucket: string;
/** The function as it is deployed: the bundle, not its sources. */
let handler: (event: SqsEvent) => Promise<SqsBatchResponse>;

let folder: string;
beforeAll(async () => {
  moto = await startMoto();
  scratch = await (await realServices()).ledger('aws-capture');
  queue = await makeQueue(moto, 'storage-dev-capture', { deliveries: DELIVERIES });
  environment = awsEnvironment(scratch.environment, moto, queue);
  bucket = environment.moves[0]?.sourceBucket ?? '';
  client = await moto.client();
  await client.createBucket(bucket);
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-aws-capture-'));
  const file = path.join(folder, 'environment.json');
  await writeFile(file, JSON.stringify(environment));
  process.env['MIGRATE_ENVIRONMENT'] = file;
  process.env['MIGRATE_OWN_PRINCIPALS'] = OWN_ROLE;
  const bundle = (await import(await bundleFile('scripts/move/capture/lambda.ts'))) as {
    handler: typeof handler;
  };
  handler = bundle.handler;
});
afterAll(async () => {
  delete process.env['MIGRATE_ENVIRONMENT'];
  delete process.env['MIGRATE_OWN_PRINCIPALS'];
  await scratch.close();
  await moto.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => scratch.ledger.query('TRUNCATE operation'));

const put = (key: string, body = 'x') =>
  client.put(bucket, key, Buffer.from(body), { contentLength: Buffer.byteLength(body) });
const send = (body: unknown) =>
  moto.sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.queueUrl,
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
const record = (key: string, more: object = {}) => ({
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key, sequencer: '0055AED6DCD90281E5' } },
  ...more,
});
async function logged(): Promise<{ key: string; kind: string; name: string }[]> {
  const { rows } = await scratch.ledger.query<{ key: string; kind: string; name: string }>(
    'SELECT key, kind, event_name AS name FROM operation ORDER BY position',
  );
  return rows;
}

describe('by notification', () => {
  beforeAll(() => installCapture(environment));
  afterAll(async () => {
    await removeCapture(environment);
    await deliverAll(moto, queue.queueUrl, handler);
  });

  test('the hello of the new subscription is taken, and is nothing', async () => {
    const [hello] = await deliver(moto, queue.queueUrl, handler);
    expect(JSON.parse(hello?.Body ?? '')).toMatchObject({ Event: 's3:TestEvent' });
    expect(await depthOf(moto, queue.queueUrl)).toBe(0);
    expect(await logged()).toEqual([]);
  });

  test('writes and deletes come to the log under their very names', async () => {
    // moto's web server takes no control characters in paths, and reads a dot as a path does.
    // eslint-disable-next-line no-control-regex
    const keys = AWKWARD_KEYS.filter((key) => !/[\u0000-\u001f]|^\.|\/\.\.?\//.test(key));
    for (const key of keys) await put(key);
    await client.delete(bucket, keys[0] ?? '');
    await deliverAll(moto, queue.queueUrl, handler);
    const log = await logged();
    expect(log.filter(({ name }) => name === 'ObjectCreated:Put').map(({ key }) => key)).toEqual(keys);
    expect(log.filter(({ kind }) => kind === 'delete')).toEqual([
      { key: keys[0], kind: 'delete', name: 'ObjectRemoved:Delete' },
    ]);
  });

  test('a canary comes through while the function is at work', async () => {
    let stop = false;
    const poller = (async () => {
      while (!stop) await deliver(moto, queue.queueUrl, handler);
    })();
    try {
      const proven = await proveCanary(environment, scratch.ledger, { deadlineSeconds: 30 });
      expect(Object.keys(proven)).toEqual(['scratch']);
      expect(proven['scratch']?.writtenAt).toBeInstanceOf(Date);
    } finally {
      stop = true;
      await poller;
    }
    // Two rounds at least, and nothing else that the migration wrote.
    expect(new Set((await logged()).map(({ kind }) => kind))).toEqual(new Set(['canary']));
  });

  test('one that was written before S3 heeded the notification is followed by others', async () => {
    await removeCapture(environment);
    let stop = false;
    const poller = (async () => {
      while (!stop) await deliver(moto, queue.queueUrl, handler);
    })();
    try {
      const proof = proveCanary(environment, scratch.ledger, { deadlineSeconds: 30 });
      const written = async () => (await client.head(bucket, '.migration/canary'))?.etag;
      const before = await written();
      await eventually(
        'a canary is written, of which nobody is told',
        async () => (await written()) !== before,
      );
      await installCapture(environment);
      expect((await proof)['scratch']?.seconds).toBeGreaterThan(1);
    } finally {
      stop = true;
      await poller;
    }
  });

  test('the heartbeat writes one every so many seconds while capture is at work, and ends on SIGTERM', async () => {
    await scratch.ledger.query(`UPDATE move SET phase = 'copy'`);
    const file = `${process.env['MIGRATE_ENVIRONMENT']}.heartbeat`;
    const bounds = { ...environment.bounds, canarySeconds: 0.2 };
    await writeFile(file, JSON.stringify({ ...environment, bounds }));
    const heartbeat = execa(process.execPath, [MIGRATE, 'capture', 'heartbeat', '--environment', file], {
      reject: false,
    });
    try {
      await eventually('three canaries came', async () => {
        await deliver(moto, queue.queueUrl, handler);
        return (await logged()).filter(({ kind }) => kind === 'canary').length >= 3;
      });
    } finally {
      heartbeat.kill('SIGTERM');
    }
    expect(await heartbeat).toMatchObject({ exitCode: 0 });
    await deliverAll(moto, queue.queueUrl, handler);
  });

  test('a canary that does not come is missed', async () => {
    await expect(proveCanary(environment, scratch.ledger, { deadlineSeconds: 1 })).rejects.toThrow(
      /The canary of "scratch" did not come through: .* S3 takes about five minutes to heed a new notification/,
    );
    await deliverAll(moto, queue.queueUrl, handler);
  });
});

describe('a batch', () => {
  test('of which one cannot be read: the others are stored, and it is taken, counted and kept to be looked at', async () => {
    await send({ Records: [record('good/1')] });
    await send('{cut');
    await send({ Records: [record('good/2')] });
    expect(await deliver(moto, queue.queueUrl, handler)).toHaveLength(3);
    expect((await logged()).map(({ key }) => key)).toEqual(['good/1', 'good/2']);
    expect(await deliver(moto, queue.queueUrl, handler)).toEqual([]);
    expect(await depthOf(moto, queue.queueUrl)).toBe(0);
    expect(await depthOf(moto, queue.failedUrl)).toBe(0);
    const { rows } = await scratch.ledger.query('SELECT events::int, sample FROM unread_event');
    // As JSON.
    expect(rows).toEqual([{ events: 1, sample: '"{cut"' }]);
  });

  test('delivered twice is logged twice, and known for the same by its sequencer', async () => {
    const event = { Records: [{ messageId: 'a', body: JSON.stringify({ Records: [record('twice')] }) }] };
    await expect(handler(event)).resolves.toEqual({ batchItemFailures: [] });
    await expect(handler(event)).resolves.toEqual({ batchItemFailures: [] });
    const { rows } = await scratch.ledger.query<{ n: bigint; sequencers: bigint }>(
      `SELECT count(*) AS n, count(DISTINCT sequencer) AS sequencers FROM operation WHERE key = 'twice'`,
    );
    expect(rows).toEqual([{ n: 2n, sequencers: 1n }]);
  });

  test('of our own role is dropped, the canary excepted', async () => {
    const own = { userIdentity: { principalId: `AWS:${OWN_ROLE}:pod` } };
    const other = { userIdentity: { principalId: 'AWS:AROACUSTOMER:pod' } };
    await send({
      Records: [record('ours', own), record('.migration%2Fcanary', own), record('theirs', other)],
    });
    await deliverAll(moto, queue.queueUrl, handler);
    expect((await logged()).map(({ key, kind }) => [key, kind])).toEqual([
      ['.migration/canary', 'canary'],
      ['theirs', 'put'],
    ]);
  });
});

describe('by EventBridge', () => {
  let bridged: Environment;
  beforeAll(async () => {
    const [move] = environment.moves;
    if (move === undefined) throw new Error('no move');
    bridged = { ...environment, moves: [{ ...move, events: 'eventbridge' }] };
    await moto.call('events', 'AWSEvents.PutRule', {
      Name: 'storage-dev-capture',
      EventPattern: bridgePattern([bucket]),
      State: 'ENABLED',
    });
    await moto.call('events', 'AWSEvents.PutTargets', {
      Rule: 'storage-dev-capture',
      Targets: [{ Id: 'capture', Arn: queue.queueArn }],
    });
  });
  afterAll(() => removeCapture(bridged));

  test('nothing comes before the switch, and all under its very name after it', async () => {
    await put('before');
    expect(await deliverAll(moto, queue.queueUrl, handler)).toBe(0);
    await installCapture(bridged);
    const keys = ['a b+c%41&ü?#/é.jpg', '//x', 'q"uo\'te\\b', 'e\u0301', '😀<x>', '%2F+'];
    for (const key of keys) await put(key);
    await client.delete(bucket, '//x');
    await deliverAll(moto, queue.queueUrl, handler);
    const log = await logged();
    const created = log.filter(({ name }) => name.startsWith('ObjectCreated:'));
    expect(created.map(({ key, kind }) => [key, kind])).toEqual(keys.map((key) => [key, 'put']));
    expect(log.filter(({ kind }) => kind === 'delete')).toEqual([
      { key: '//x', kind: 'delete', name: 'ObjectRemoved:Delete' },
    ]);
  });

  test('the canary is one', async () => {
    const canary = await openCanaryClient(bridged);
    await putCanary(canary, bucket);
    await canary.close();
    await deliverAll(moto, queue.queueUrl, handler);
    expect((await logged()).map(({ kind }) => kind)).toEqual(['canary']);
  });
});

test('the bundle runs by itself, with its environment in Systems Manager', async () => {
  const name = '/storage/dev/environment';
  await moto.ssm.send(
    new PutParameterCommand({
      Name: name,
      Value: JSON.stringify(environment),
      Type: 'String',
      Tier: 'Advanced',
    }),
  );
  const event = { Records: [{ messageId: 'a', body: JSON.stringify({ Records: [record('a+b%2B')] }) }] };
  const script = `
    const { handler } = await import(process.argv[1]);
    console.log(JSON.stringify(await handler(JSON.parse(process.argv[2]))));
    process.exit();`;
  const bundle = await bundleFile('scripts/move/capture/lambda.ts');
  const { stdout } = await execa(
    process.execPath,
    ['--input-type=module', '--eval', script, bundle, JSON.stringify(event)],
    { cwd: os.tmpdir(), env: { ...moto.variables, MIGRATE_ENVIRONMENT: `ssm:${name}` } },
  );
  expect(JSON.parse(stdout)).toEqual({ batchItemFailures: [] });
  expect(await logged()).toEqual([{ key: 'a b+', kind: 'put', name: 'ObjectCreated:Put' }]);
});
