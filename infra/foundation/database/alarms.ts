import type * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmMetric, type AlarmTopic } from '../alarms.ts';
import { connectionsTaken } from './connections.ts';

export type DatabaseAlarmsArgs = {
  topic: AlarmTopic;
  clusterIdentifier: pulumi.Output<string>;
  /** In capacity units. */
  capacity: { minimum: number; maximum: number };
  /** Above so much it is worth asking what grows; Aurora itself grows on, at $.10 a GB and month. */
  storageGigabytes: number;
  hasReaders: boolean;
};

const GIGABYTE = 1_000_000_000;
/** PostgreSQL stops taking writes at about 2,000 million transactions that were not vacuumed. */
const TRANSACTION_IDS = 1_000_000_000;
/** Readers share the storage, so a lag beyond this is trouble, not load. */
const LAG_MILLISECONDS = 1000;

/** What a database can lose: speed, connections, money, the standby, and in the end writes. */
export function databaseAlarms(
  name: string,
  args: DatabaseAlarmsArgs,
  options: pulumi.CustomResourceOptions,
) {
  const { topic, clusterIdentifier, capacity } = args;
  const metric = (of: string, statistic: AlarmMetric['statistic'], periodSeconds: number): AlarmMetric => ({
    namespace: 'AWS/RDS',
    name: of,
    dimensions: { DBClusterIdentifier: clusterIdentifier },
    statistic,
    periodSeconds,
  });
  const connections = connectionsTaken(capacity);
  alarm(
    `${name}-capacity`,
    {
      topic,
      description:
        'The database runs at its maximum capacity: queries wait, workers fall behind. ' +
        'Look for the statements in Performance Insights; raise maximumCapacity if they are right.',
      metric: metric('ACUUtilization', 'Average', 60),
      above: 90,
      forPeriods: 15,
    },
    options,
  );
  alarm(
    `${name}-connections`,
    {
      topic,
      description:
        `The database has over 80 % of the ${connections} connections that it takes; beyond, workers, capture ` +
        'and gates are refused. Find what opens them; raise maximumCapacity or lower concurrency.',
      metric: metric('DatabaseConnections', 'Maximum', 60),
      above: Math.floor(connections * 0.8),
      forPeriods: 5,
    },
    options,
  );
  alarm(
    `${name}-storage`,
    {
      topic,
      description:
        `The database holds over ${args.storageGigabytes} GB. Nothing stops, but it costs: look for partitions ` +
        'that nobody drops and for transactions that keep dead rows.',
      metric: metric('VolumeBytesUsed', 'Average', 3600),
      above: args.storageGigabytes * GIGABYTE,
    },
    options,
  );
  alarm(
    `${name}-transaction-ids`,
    {
      topic,
      description:
        'Half of all transaction numbers are used up and not freed: at the end PostgreSQL takes no more writes. ' +
        'Look for transactions and replication slots that never end, then vacuum.',
      metric: metric('MaximumUsedTransactionIDs', 'Maximum', 300),
      above: TRANSACTION_IDS,
    },
    options,
  );
  if (args.hasReaders) {
    alarm(
      `${name}-replica-lag`,
      {
        topic,
        description:
          'A standby is over a second behind: what reads from it reads what was, and a failover takes longer. ' +
          'Look at its load; Aurora restarts one that stays behind.',
        metric: metric('AuroraReplicaLagMaximum', 'Maximum', 60),
        above: LAG_MILLISECONDS,
        forPeriods: 5,
      },
      options,
    );
  }
}
