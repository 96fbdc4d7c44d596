import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { AlarmTopic } from '../alarms.ts';
import { ServiceRole, type IamStatement } from '../iam.ts';
import type { Keys } from '../keys.ts';
import { logGroup } from '../logs.ts';
import type { Network } from '../network/network.ts';
import { allowToEndpoints, partSecurityGroup } from '../network/traffic.ts';
import { protection, type Protection } from '../protection.ts';
import { whenReady } from '../ready.ts';
import { named } from '../tags.ts';
import { databaseAlarms } from './alarms.ts';
import { ModelAccess, type DatabaseModels } from './models.ts';
import { ENGINE_VERSION, PARAMETER_FAMILY, PARAMETERS } from './parameters.ts';

export type DatabaseSettings = {
  /** In capacity units of 2 GiB at $.12 an hour; 0 lets an idle database pause (its first query waits 15 s). */
  minimumCapacity: number;
  /** Bounds both cost and connections. */
  maximumCapacity: number;
  /** Standby readers in other zones. Failover takes under a minute with one, about ten without. */
  readers: number;
  /** To any second of so many days the database can be restored. 1 to 35. */
  backupDays: number;
};

export type DatabaseArgs = DatabaseSettings &
  Protection & {
    environment: string;
    account: string;
    region: string;
    network: Pick<Network, 'vpcId' | 'zones' | 'endpointsSecurityGroupId'>;
    keys: Pick<Keys, 'database' | 'logs'>;
    alarms: AlarmTopic;
    logDays: number;
    /** What SQL may ask of models. Default: endpoints named `ENVIRONMENT-…`, Titan's embeddings, Nova Lite. */
    models?: DatabaseModels;
    /** Default: 500. */
    storageAlarmGigabytes?: number;
  };

const PORT = 5432;
/** What Aurora calls its superuser. Nobody logs in as it but the step that applies migrations. */
const ADMINISTRATOR = 'administrator';
const BEDROCK_MODELS = ['amazon.titan-embed-text-v2:0', 'amazon.nova-lite-v1:0'];

/**
 * PostgreSQL by Aurora serverless v2. Users log in with tokens of IAM and over TLS only; the administrator's
 * password is made, kept and turned over by RDS and is never in the state. Databases and users are made by
 * migrations (`scripts/database`), not here.
 */
export class Database extends pulumi.ComponentResource {
  /** Host name of the writer. Known when it takes connections. */
  readonly endpoint: pulumi.Output<string>;
  /** Host name of the readers; of the writer where there are none. */
  readonly readerEndpoint: pulumi.Output<string>;
  readonly port = PORT;
  readonly arn: pulumi.Output<string>;
  /** `cluster-…`: how IAM names the cluster in `rds-db:connect`. */
  readonly resourceId: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly administrator = ADMINISTRATOR;
  /** The secret of Secrets Manager with the administrator's `username` and `password`. */
  readonly masterSecretArn: pulumi.Output<string>;
  private readonly userArns: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:database:Database', name, {}, options);
    validate(args);
    const child = { parent: this };
    const { environment, keys, network } = args;
    const identifier = `${environment}-database`;
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: network.vpcId, description: 'The database' },
      child,
    );
    allowToEndpoints(
      `${name}-models`,
      {
        from: { name: 'the database', group: group.id },
        network,
        why: 'SQL asks models of SageMaker and Bedrock',
      },
      child,
    );
    const subnets = new aws.rds.SubnetGroup(
      `${name}-subnets`,
      { subnetIds: network.zones.map((zone) => zone.storageSubnetId), description: 'The database' },
      child,
    );
    const parameters = new aws.rds.ClusterParameterGroup(
      `${name}-parameters`,
      {
        family: PARAMETER_FAMILY,
        description: 'TLS only; what is slow is logged',
        parameters: [...PARAMETERS],
      },
      child,
    );
    // Aurora writes to a name that it makes up itself; made by it, the group would be kept for ever.
    const lines = logGroup(
      `${name}-lines`,
      { logName: `/aws/rds/cluster/${identifier}/postgresql`, days: args.logDays, key: keys.logs },
      child,
    );
    const cluster = new aws.rds.Cluster(
      `${name}-cluster`,
      {
        clusterIdentifier: identifier,
        engine: 'aurora-postgresql',
        engineMode: 'provisioned',
        engineVersion: ENGINE_VERSION,
        serverlessv2ScalingConfiguration: {
          minCapacity: args.minimumCapacity,
          maxCapacity: args.maximumCapacity,
        },
        masterUsername: ADMINISTRATOR,
        manageMasterUserPassword: true,
        masterUserSecretKmsKeyId: keys.database.arn,
        iamDatabaseAuthenticationEnabled: true,
        port: PORT,
        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [group.id],
        dbClusterParameterGroupName: parameters.name,
        storageEncrypted: true,
        kmsKeyId: keys.database.arn,
        backupRetentionPeriod: args.backupDays,
        preferredBackupWindow: '03:00-04:00',
        preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: !args.protect,
        deletionProtection: args.protect,
        skipFinalSnapshot: false,
        // The subnet group's name ends in letters that no other one ever had, so a second end finds its name free.
        finalSnapshotIdentifier: pulumi.interpolate`${identifier}-final-${subnets.name}`,
        enabledCloudwatchLogsExports: ['postgresql'],
        // A reviewed change takes effect with the update that was reviewed, not in a night's window.
        applyImmediately: true,
        tags: named(identifier),
      },
      { ...child, ...protection(args), dependsOn: lines },
    );
    const instances = this.instances(name, args, cluster);
    new ModelAccess(
      `${name}-models`,
      {
        account: args.account,
        region: args.region,
        clusterIdentifier: whenReady(cluster.clusterIdentifier, instances),
        clusterArn: cluster.arn,
        models: args.models ?? { sagemakerEndpoints: [`${environment}-*`], bedrockModels: BEDROCK_MODELS },
      },
      child,
    );
    databaseAlarms(
      `${name}-alarm`,
      {
        topic: args.alarms,
        clusterIdentifier: cluster.clusterIdentifier,
        capacity: { minimum: args.minimumCapacity, maximum: args.maximumCapacity },
        storageGigabytes: args.storageAlarmGigabytes ?? 500,
        hasReaders: args.readers > 0,
      },
      child,
    );
    this.endpoint = whenReady(cluster.endpoint, instances);
    this.readerEndpoint = whenReady(cluster.readerEndpoint, instances);
    this.arn = cluster.arn;
    this.resourceId = cluster.clusterResourceId;
    this.securityGroupId = group.id;
    this.masterSecretArn = cluster.masterUserSecrets.apply(([secret]) => {
      if (secret === undefined)
        throw new pulumi.RunError(`RDS made no secret for the administrator of ${identifier}`);
      return secret.secretArn;
    });
    this.userArns = pulumi.interpolate`arn:aws:rds-db:${args.region}:${args.account}:dbuser:${this.resourceId}`;
    this.registerOutputs({
      endpoint: this.endpoint,
      readerEndpoint: this.readerEndpoint,
      masterSecretArn: this.masterSecretArn,
    });
  }

  /**
   * What a role needs to log in as a user of the database (that user must be a member of `rds_iam`).
   *
   * @param user the name in PostgreSQL: lower-case letters, digits, `_`
   */
  connectStatement(user: string): IamStatement {
    if (!/^[a-z][a-z0-9_]*$/.test(user)) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'user',
        reason: `is "${user}"; must be the name of one user of PostgreSQL, such as storage_move`,
      });
    }
    const words = user.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    return {
      Sid: `DatabaseAs${words.join('')}`,
      Action: ['rds-db:connect'],
      Resource: [pulumi.interpolate`${this.userArns}/${user}`],
    };
  }

  /** The writer and its standbys, alike: whichever is promoted has the writer's capacity. */
  private instances(name: string, args: DatabaseArgs, cluster: aws.rds.Cluster): aws.rds.ClusterInstance[] {
    const monitoring = new ServiceRole(
      `${name}-monitoring`,
      {
        service: 'monitoring.rds.amazonaws.com',
        description: 'Writes what the operating system below the database does',
        condition: { StringEquals: { 'aws:SourceAccount': args.account } },
        statements: [],
        managedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole'],
      },
      { parent: this },
    );
    return Array.from(
      { length: 1 + args.readers },
      (_, index) =>
        new aws.rds.ClusterInstance(
          `${name}-instance-${index}`,
          {
            clusterIdentifier: cluster.id,
            engine: 'aurora-postgresql',
            engineVersion: cluster.engineVersion,
            instanceClass: 'db.serverless',
            publiclyAccessible: false,
            // A version is a reviewed change. Of a long-supported one AWS brings security fixes by itself.
            autoMinorVersionUpgrade: false,
            caCertIdentifier: 'rds-ca-rsa2048-g1',
            copyTagsToSnapshot: true,
            // Tiers 0 and 1 scale with the writer, so that a failover meets no cold, small standby.
            promotionTier: Math.min(index, 1),
            performanceInsightsEnabled: true,
            performanceInsightsKmsKeyId: args.keys.database.arn,
            performanceInsightsRetentionPeriod: 7,
            monitoringInterval: 60,
            monitoringRoleArn: monitoring.arn,
            applyImmediately: true,
            tags: named(`${args.environment}-database-${index}`),
          },
          { parent: this, ...protection(args) },
        ),
    );
  }
}

function validate(args: DatabaseArgs): void {
  const { minimumCapacity: minimum, maximumCapacity: maximum, readers, backupDays } = args;
  const wrong: [boolean, string, string][] = [
    [
      !(minimum >= 0 && minimum <= maximum),
      'minimumCapacity',
      `is ${minimum}; must be 0 or more and no more than maximumCapacity, ${maximum}`,
    ],
    [
      [minimum, maximum].some((units) => (units * 2) % 1 !== 0) || maximum < 1 || maximum > 256,
      'maximumCapacity',
      `is ${maximum}, with a minimum of ${minimum}; both go by halves, and the maximum from 1 to 256`,
    ],
    [
      !Number.isInteger(readers) || readers < 0 || readers > 15,
      'readers',
      `are ${readers}; Aurora takes 0 to 15`,
    ],
    [
      !Number.isInteger(backupDays) || backupDays < 1 || backupDays > 35,
      'backupDays',
      `are ${backupDays}; RDS takes 1 to 35`,
    ],
    [
      args.network.zones.length < 2,
      'network',
      `has subnets in ${args.network.zones.length} zone; Aurora keeps its data in three and wants subnets in two at least`,
    ],
  ];
  for (const [isWrong, propertyPath, reason] of wrong) {
    if (isWrong) throw new pulumi.InputPropertyError({ propertyPath, reason });
  }
}
