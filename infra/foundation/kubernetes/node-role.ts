import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument } from '../iam.ts';

/**
 * AWS' own policies for a node: join the cluster and exchange pods' identities; pull images, also through
 * the pull-through cache; sessions by SSM instead of SSH.
 */
const MANAGED_POLICIES = {
  worker: 'AmazonEKSWorkerNodePolicy',
  images: 'AmazonEC2ContainerRegistryPullOnly',
  sessions: 'AmazonSSMManagedInstanceCore',
} as const;

export type NodeRoleArgs = {
  /** Repositories of the pull-through cache: the first pull of an image makes its repository. */
  cachedRepositoryArns: readonly pulumi.Input<string>[];
};

/** The role of a cluster's nodes. Pods cannot use it: see the launch template's hop limit. */
export class NodeRole extends pulumi.ComponentResource {
  /** Known when all that a node needs to join is attached. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: NodeRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:NodeRole', name, {}, options);
    const child = { parent: this };
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        assumeRolePolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'Nodes',
              Effect: 'Allow',
              Principal: { Service: 'ec2.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        }),
        description: 'Nodes of the Kubernetes cluster',
      },
      child,
    );
    const attached = Object.entries(MANAGED_POLICIES).map(
      ([what, policy]) =>
        new aws.iam.RolePolicyAttachment(
          `${name}-${what}`,
          { role: role.name, policyArn: `arn:aws:iam::aws:policy/${policy}` },
          child,
        ),
    );
    const firstPull = new aws.iam.RolePolicy(
      `${name}-first-pull`,
      {
        role: role.name,
        policy: policyDocument([
          {
            Sid: 'FirstPullMakesTheRepository',
            Action: ['ecr:CreateRepository'],
            Resource: [...args.cachedRepositoryArns],
          },
        ]),
      },
      child,
    );
    // A node that starts before its policies are attached never joins, and its group fails after 15 minutes.
    this.arn = pulumi.all([role.arn, firstPull.id, ...attached.map((each) => each.id)]).apply(([arn]) => arn);
    this.registerOutputs({ arn: this.arn });
  }
}
