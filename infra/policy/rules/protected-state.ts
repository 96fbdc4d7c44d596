import type { ResourceRule } from '../rule.ts';

/**
 * What holds something that nobody can make again: bytes, keys, what waits in a queue, names that others
 * refer to.
 */
export const HOLDS_STATE: readonly string[] = [
  'aws:dynamodb/table:Table',
  'aws:ebs/volume:Volume',
  'aws:ec2/instance:Instance',
  'aws:efs/fileSystem:FileSystem',
  'aws:kms/key:Key',
  'aws:rds/cluster:Cluster',
  'aws:rds/instance:Instance',
  'aws:route53/zone:Zone',
  'aws:s3/bucket:Bucket',
  'aws:secretsmanager/secret:Secret',
  'aws:sqs/queue:Queue',
];

/** In production, what holds state is taken away by nobody in passing. */
export const protectedState: ResourceRule = {
  name: 'protected-state',
  description: 'In production, the engine refuses to delete or replace what holds state.',
  severity: 'critical',
  remedy: 'Pass protect and retainOnDelete from the args (`Protection`).',
  check: ({ type, production, options }) =>
    production && HOLDS_STATE.includes(type) && !options.protect ? ['is not protected'] : [],
};
