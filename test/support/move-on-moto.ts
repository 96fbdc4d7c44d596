import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { TARGET_USERS } from '../../infra/storage/access.ts';
import type { Environment } from '../../scripts/contract/environment.ts';
import { exampleEnvironment } from './example-environment.ts';
import { startMoto, type Moto } from './moto.ts';
import { ownPostgres, type OwnPostgres } from './postgres.ts';
import { makeQueue, type TestQueue } from './sqs.ts';

/** The one bucket that moves, on S3 and on what takes the place of Ceph. */
export const SOURCE = 'food-co-images';
export const TARGET = 'images-on-ceph';
/** The secret of the database server's administrator. */
export const ADMINISTRATOR = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-administrator';
/** What the secrets of Ceph's users begin with. */
export const CREDENTIALS = 'storage-dev/ceph/images/';

/** A move on AWS before its first step: parameters, secrets, queue, buckets, an empty server of databases. */
export type MoveOnMoto = { moto: Moto; environment: Environment; stop(): Promise<void> };

/**
 * Sets such a move up on one server that speaks AWS' APIs: both stores are on it. This process finds the
 * server in place of AWS until `stop`.
 */
export async function moveOnMoto(): Promise<MoveOnMoto> {
  const [moto, postgres] = await Promise.all([startMoto(), ownPostgres()]);
  const before = Object.keys(moto.variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, moto.variables);
  const administrator = await postgres.connect('postgres');
  await administrator.query('CREATE ROLE rds_iam');
  await administrator.query(`CREATE ROLE administrator SUPERUSER LOGIN PASSWORD 'secret'`);
  await administrator.end();
  const secret = (name: string, document: object) =>
    moto.call('secretsmanager', 'secretsmanager.CreateSecret', {
      Name: name,
      SecretString: JSON.stringify(document),
    });
  await secret('rds-administrator', { username: 'administrator', password: 'secret' });
  for (const user of TARGET_USERS) {
    await secret(CREDENTIALS + user, { accessKeyId: 'moto', secretAccessKey: 'moto' });
  }
  const queue = await makeQueue(moto, 'storage-dev-capture', { deliveries: 3 });
  const environment = environmentOn(moto, postgres, queue);
  const parameters = {
    environment: JSON.stringify(environment),
    applications: '{"version":0,"state":"undecided"}',
    distribution: 'arn:aws:cloudfront::123456789012:distribution/EXAMPLE',
  };
  for (const [name, Value] of Object.entries(parameters)) {
    const Name = `/storage/dev/${name}`;
    await moto.ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Tier: 'Advanced' }));
  }
  const client = await moto.client();
  for (const bucket of [SOURCE, TARGET, 'migration-quarantine']) await client.createBucket(bucket);
  return {
    moto,
    environment,
    async stop() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await Promise.all([moto.stop(), postgres.stop()]);
    },
  };
}

function environmentOn(moto: Moto, postgres: OwnPostgres, queue: TestQueue): Environment {
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
        credentials: { kind: 'secrets-manager', prefix: CREDENTIALS, region },
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
