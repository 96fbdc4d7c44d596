import * as pulumi from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import { AlarmTopic } from '../../../../../infra/foundation/alarms.ts';
import { Database, type DatabaseArgs } from '../../../../../infra/foundation/database/database.ts';
import { record, valueOf, type RecordedProgram } from '../../../../support/recorded.ts';
import { documentIn, KEY, OUTPUTS, PLACE, refusalOf } from '../support.ts';

const zone = (name: string) => ({
  name,
  publicSubnetId: pulumi.output(`${name}-public`),
  privateSubnetId: pulumi.output(`${name}-private`),
  storageSubnetId: pulumi.output(`${name}-storage`),
});
const network = {
  vpcId: pulumi.output('vpc-1'),
  zones: [zone('eu-west-1a'), zone('eu-west-1b'), zone('eu-west-1c')],
  endpointsSecurityGroupId: pulumi.output('sg-endpoints'),
};
const args = (changes: Partial<DatabaseArgs> = {}): DatabaseArgs => ({
  ...PLACE,
  network,
  keys: { database: KEY, logs: { arn: pulumi.output('arn:logs-key'), id: pulumi.output('logs-key') } },
  alarms: new AlarmTopic('alarms', { account: PLACE.account, key: KEY, emails: [] }),
  logDays: 90,
  minimumCapacity: 1,
  maximumCapacity: 16,
  readers: 1,
  backupDays: 14,
  protect: true,
  ...changes,
});
const make = (changes: Partial<DatabaseArgs> = {}) =>
  record((options) => new Database('db', args(changes), options), OUTPUTS);

const CLUSTER = 'aws:rds/cluster:Cluster';
const INSTANCE = 'aws:rds/clusterInstance:ClusterInstance';
const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';

describe('the database', () => {
  let database: RecordedProgram<Database>;
  beforeAll(async () => {
    database = await make();
  });

  it('is a cluster with encryption, tokens, backups and a last snapshot', () => {
    const { inputs, options } = database.find(CLUSTER, 'db-cluster');
    expect(inputs).toEqual({
      clusterIdentifier: 'test-database',
      engine: 'aurora-postgresql',
      engineMode: 'provisioned',
      engineVersion: '17.7',
      serverlessv2ScalingConfiguration: { minCapacity: 1, maxCapacity: 16 },
      masterUsername: 'administrator',
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: 'arn:key',
      iamDatabaseAuthenticationEnabled: true,
      port: 5432,
      dbSubnetGroupName: 'db-subnets-1a2b3c4',
      vpcSecurityGroupIds: ['db-group-id'],
      dbClusterParameterGroupName: 'db-parameters-1a2b3c4',
      storageEncrypted: true,
      kmsKeyId: 'arn:key',
      backupRetentionPeriod: 14,
      preferredBackupWindow: '03:00-04:00',
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      deletionProtection: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: 'test-database-final-db-subnets-1a2b3c4',
      enabledCloudwatchLogsExports: ['postgresql'],
      applyImmediately: true,
      tags: { Name: 'test-database' },
    });
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(Object.keys(inputs)).not.toContain('masterPassword');
  });

  it('is in the storage subnets and takes TLS only', () => {
    expect(database.find('aws:rds/subnetGroup:SubnetGroup', 'db-subnets').inputs).toEqual({
      subnetIds: ['eu-west-1a-storage', 'eu-west-1b-storage', 'eu-west-1c-storage'],
      description: 'The database',
    });
    const group = database.find(
      'aws:rds/clusterParameterGroup:ClusterParameterGroup',
      'db-parameters',
    ).inputs;
    expect(group['family']).toBe('aurora-postgresql17');
    const parameters = group['parameters'] as { name: string; value: string }[];
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toEqual({
      'rds.force_ssl': '1',
      ssl_min_protocol_version: 'TLSv1.2',
      log_statement: 'ddl',
      log_min_duration_statement: '1000',
      log_parameter_max_length: '0',
      log_connections: '1',
      log_disconnections: '1',
      log_lock_waits: '1',
      idle_in_transaction_session_timeout: '300000',
    });
  });

  it('has a writer and a standby that is as large, watched, and changed by us only', () => {
    expect(Object.keys(database.all(INSTANCE))).toEqual(['db-instance-0', 'db-instance-1']);
    expect(database.find(INSTANCE, 'db-instance-1').inputs).toEqual({
      clusterIdentifier: 'db-cluster-id',
      engine: 'aurora-postgresql',
      engineVersion: '17.7',
      instanceClass: 'db.serverless',
      publiclyAccessible: false,
      autoMinorVersionUpgrade: false,
      caCertIdentifier: 'rds-ca-rsa2048-g1',
      copyTagsToSnapshot: true,
      promotionTier: 1,
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: 'arn:key',
      performanceInsightsRetentionPeriod: 7,
      monitoringInterval: 60,
      monitoringRoleArn: 'arn:db-monitoring-role',
      applyImmediately: true,
      tags: { Name: 'test-database-1' },
    });
    expect(database.find(INSTANCE, 'db-instance-0').options).toMatchObject({
      protect: true,
      retainOnDelete: true,
    });
  });

  it('writes its log where it ends, under our key', () => {
    expect(database.all('aws:cloudwatch/logGroup:LogGroup')).toEqual({
      'db-lines': {
        name: '/aws/rds/cluster/test-database/postgresql',
        retentionInDays: 90,
        kmsKeyId: 'arn:logs-key',
      },
    });
  });

  it('lets nobody in by itself, and asks models through private endpoints', () => {
    const ingress = database.all('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule');
    expect(Object.values(ingress).map((rule) => rule['securityGroupId'])).toEqual(['sg-endpoints']);
  });

  it('asks models of SageMaker and Bedrock, each by a role that only this cluster may take', () => {
    const associations = database.all('aws:rds/clusterRoleAssociation:ClusterRoleAssociation');
    expect(associations).toEqual({
      'db-models-bedrock': {
        dbClusterIdentifier: 'test-database',
        featureName: 'Bedrock',
        roleArn: 'arn:db-models-bedrock-role',
      },
      'db-models-sagemaker': {
        dbClusterIdentifier: 'test-database',
        featureName: 'SageMaker',
        roleArn: 'arn:db-models-sagemaker-role',
      },
    });
    const statements = (name: string) =>
      documentIn(database.find('aws:iam/rolePolicy:RolePolicy', `${name}-policy`).inputs['policy']).Statement;
    expect(statements('db-models-sagemaker')).toEqual([
      {
        Sid: 'InvokeEndpoints',
        Effect: 'Allow',
        Action: ['sagemaker:InvokeEndpoint'],
        Resource: ['arn:aws:sagemaker:eu-west-1:111122223333:endpoint/test-*'],
      },
    ]);
    expect(statements('db-models-bedrock')).toEqual([
      {
        Sid: 'InvokeModels',
        Effect: 'Allow',
        Action: ['bedrock:InvokeModel'],
        Resource: [
          'arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0',
          'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0',
        ],
      },
    ]);
    const role = database.find('aws:iam/role:Role', 'db-models-bedrock-role').inputs;
    expect(documentIn(role['assumeRolePolicy']).Statement).toEqual([
      {
        Sid: 'Service',
        Effect: 'Allow',
        Action: ['sts:AssumeRole'],
        Principal: { Service: ['rds.amazonaws.com'] },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnEquals: { 'aws:SourceArn': 'arn:db-cluster' },
        },
      },
    ]);
  });

  it('rings for what it can lose', () => {
    const alarms = Object.entries(database.all(ALARM)).map(([name, inputs]) => [
      name,
      [inputs['metricName'], inputs['threshold'], inputs['dimensions']],
    ]);
    const dimensions = { DBClusterIdentifier: 'test-database' };
    expect(Object.fromEntries(alarms)).toEqual({
      'db-alarm-capacity': ['ACUUtilization', 90, dimensions],
      'db-alarm-connections': ['DatabaseConnections', 2688, dimensions],
      'db-alarm-replica-lag': ['AuroraReplicaLagMaximum', 1000, dimensions],
      'db-alarm-storage': ['VolumeBytesUsed', 500_000_000_000, dimensions],
      'db-alarm-transaction-ids': ['MaximumUsedTransactionIDs', 1_000_000_000, dimensions],
    });
  });

  it('says how it is reached and who may log in', async () => {
    const { value } = database;
    expect(await valueOf(value.endpoint)).toBe('writer.example');
    expect(await valueOf(value.readerEndpoint)).toBe('reader.example');
    expect(await valueOf(value.masterSecretArn)).toBe('arn:secret');
    expect(await valueOf(value.securityGroupId)).toBe('db-group-id');
    const { Resource, ...statement } = value.connectStatement('storage_move');
    expect(statement).toEqual({ Sid: 'DatabaseAsStorageMove', Action: ['rds-db:connect'] });
    expect(await valueOf(pulumi.output(Resource))).toEqual([
      'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABC/storage_move',
    ]);
    expect(refusalOf(() => value.connectStatement('*'))).toBe(
      'user is "*"; must be the name of one user of PostgreSQL, such as storage_move',
    );
  });
});

describe('a cheap database', () => {
  it('pauses, has no standby, and goes with its stack, a last snapshot apart', async () => {
    const { find, all } = await make({
      minimumCapacity: 0,
      maximumCapacity: 2,
      readers: 0,
      backupDays: 1,
      protect: false,
      models: { sagemakerEndpoints: ['one'], bedrockModels: ['two'] },
      storageAlarmGigabytes: 20,
    });
    const { inputs, options } = find(CLUSTER, 'db-cluster');
    expect(inputs).toMatchObject({
      serverlessv2ScalingConfiguration: { minCapacity: 0, maxCapacity: 2 },
      deletionProtection: false,
      deleteAutomatedBackups: true,
      skipFinalSnapshot: false,
    });
    expect(options).toMatchObject({ protect: false, retainOnDelete: false });
    expect(Object.keys(all(INSTANCE))).toEqual(['db-instance-0']);
    expect(Object.keys(all(ALARM))).not.toContain('db-alarm-replica-lag');
    expect(find(ALARM, 'db-alarm-storage').inputs).toMatchObject({ threshold: 20_000_000_000 });
  });
});

describe('a database that cannot be', () => {
  it.each<[Partial<DatabaseArgs>, string]>([
    [
      { minimumCapacity: 32 },
      'minimumCapacity is 32; must be 0 or more and no more than maximumCapacity, 16',
    ],
    [
      { maximumCapacity: 16.2 },
      'maximumCapacity is 16.2, with a minimum of 1; both go by halves, and the maximum from 1 to 256',
    ],
    [
      { minimumCapacity: 0, maximumCapacity: 0.5 },
      'maximumCapacity is 0.5, with a minimum of 0; both go by halves, and the maximum from 1 to 256',
    ],
    [{ readers: 16 }, 'readers are 16; Aurora takes 0 to 15'],
    [{ backupDays: 0 }, 'backupDays are 0; RDS takes 1 to 35'],
    [
      { network: { ...network, zones: network.zones.slice(0, 1) } },
      'network has subnets in 1 zone; Aurora keeps its data in three and wants subnets in two at least',
    ],
  ])('is refused: %o', async (changes, message) => {
    const { value, resources } = await record(
      () => refusalOf(() => new Database('db', args(changes))),
      OUTPUTS,
    );
    expect(value).toBe(message);
    expect(resources.filter(({ name, type }) => name.startsWith('db') && type.startsWith('aws:'))).toEqual(
      [],
    );
  });
});
