import { statementsOf, type Statement } from '../documents.ts';
import type { StackResource, StackRule } from '../rule.ts';
import { UNKNOWN } from '../values.ts';

/** What a resource needs beside it: in @pulumi/aws a bucket's settings are resources of their own. */
type Companion = {
  of: string;
  type: string;
  /** The property of the companion that names the resource. */
  by: string;
  /** What is wrong where it is missing. */
  says: string;
  /** Whether a companion is the right one; default: any is. */
  right?: (companion: StackResource) => boolean;
};

const BUCKET = 'aws:s3/bucket:Bucket';

const COMPANIONS: readonly Companion[] = [
  {
    of: BUCKET,
    type: 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    by: 'bucket',
    says: 'has no BucketPublicAccessBlock: a policy or an ACL could open it',
  },
  {
    of: BUCKET,
    type: 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    by: 'bucket',
    says: 'has no BucketServerSideEncryptionConfiguration: it would be encrypted with a key that is not ours',
  },
  {
    of: BUCKET,
    type: 'aws:s3/bucketPolicy:BucketPolicy',
    by: 'bucket',
    says: 'has no BucketPolicy that denies requests without TLS (aws:SecureTransport)',
    right: (companion) =>
      companion.props['policy'] === UNKNOWN || statementsOf(companion.props['policy']).some(deniesPlainText),
  },
  {
    of: 'aws:ec2/vpc:Vpc',
    type: 'aws:ec2/flowLog:FlowLog',
    by: 'vpcId',
    says: 'has no FlowLog: nobody could tell who talked to whom',
  },
];

function deniesPlainText(statement: Statement): boolean {
  return (
    !statement.allows &&
    statement.principals.includes('*') &&
    statement.conditions.some(({ key, values }) => key === 'aws:securetransport' && values.includes('false'))
  );
}

function belongs(companion: StackResource, property: string, to: StackResource): boolean {
  const dependsOn = companion.propertyDependencies[property] ?? [];
  if (dependsOn.length > 0) return dependsOn.some(({ urn }) => urn === to.urn);
  const [named, id] = [companion.props[property], to.props[property] ?? to.props['id']];
  return named === id && named !== UNKNOWN;
}

/** Protections that are resources of their own must exist beside what they protect. */
export const companions: StackRule = {
  name: 'companions',
  description:
    'A bucket has its public access block, encryption and TLS-only policy; a network its flow log.',
  severity: 'high',
  remedy: 'Add the resource that is named, as a child of the same component.',
  checkStack: (resources) =>
    resources.flatMap((resource) =>
      COMPANIONS.filter(({ of }) => of === resource.type)
        .filter(
          ({ type, by, right = () => true }) =>
            !resources.some((other) => other.type === type && belongs(other, by, resource) && right(other)),
        )
        .map(({ says }) => ({ urn: resource.urn, says })),
    ),
};
