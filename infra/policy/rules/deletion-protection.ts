import { byType, type Check, type ResourceRule } from '../rule.ts';
import { isGiven, isSurelyTrue, isTrue, type Values } from '../values.ts';

const must = (props: Values, property: string) => !isTrue(props[property]) && `${property} must be true`;
const mustNot = (props: Values, property: string) =>
  isSurelyTrue(props[property]) && `${property} must not be true`;

const database: Check = (props) => [
  must(props, 'deletionProtection'),
  mustNot(props, 'skipFinalSnapshot'),
  !isGiven(props['finalSnapshotIdentifier']) && 'finalSnapshotIdentifier is not set: nothing would be left',
];

/** The least number of days between a deletion and the end. */
const days = (props: Values, property: string, least: number) =>
  typeof props[property] === 'number' &&
  props[property] < least &&
  `${property} is ${props[property]}; at least ${least} days, in which somebody may notice`;

const IN_PRODUCTION = byType({
  'aws:dynamodb/table:Table': (props) => [must(props, 'deletionProtectionEnabled')],
  'aws:ec2/instance:Instance': (props) => [
    must(props, 'disableApiTermination'),
    // Instance stores are empty after a stop.
    must(props, 'disableApiStop'),
  ],
  'aws:ecr/repository:Repository': (props) => [mustNot(props, 'forceDelete')],
  'aws:eks/cluster:Cluster': (props) => [must(props, 'deletionProtection')],
  'aws:kms/key:Key': (props) => [days(props, 'deletionWindowInDays', 30)],
  'aws:lb/loadBalancer:LoadBalancer': (props) => [must(props, 'enableDeletionProtection')],
  'aws:rds/cluster:Cluster': database,
  'aws:rds/instance:Instance': database,
  'aws:s3/bucket:Bucket': (props) => [mustNot(props, 'forceDestroy')],
  'aws:secretsmanager/secret:Secret': (props) => [days(props, 'recoveryWindowInDays', 7)],
});

/** In production, AWS itself refuses to delete what is in use. */
export const deletionProtection: ResourceRule = {
  name: 'deletion-protection',
  description: 'In production, AWS refuses to delete what is in use, and keeps what was deleted for a while.',
  severity: 'high',
  remedy: 'Set what is named; the component takes it from `protect`.',
  check: (resource) => (resource.production ? IN_PRODUCTION(resource) : []),
};
