import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument, type IamStatement } from '../iam.ts';

export type PodRoleArgs = {
  cluster: { name: pulumi.Input<string>; arn: pulumi.Input<string> };
  namespace: string;
  /** Only pods of this service account get the role, of this namespace and cluster. */
  serviceAccount: string;
  /** What the role may do; none makes a role that is only an identity. */
  statements: readonly IamStatement[];
  /** False where something else associates the role: an add-on of EKS does so itself. Default true. */
  associate?: boolean;
};

/**
 * An IAM role for the pods of one service account, by EKS Pod Identity: the agent on the node gives them
 * keys that last for hours and renews them; none is in the cluster.
 */
export class PodRole extends pulumi.ComponentResource {
  readonly roleArn: pulumi.Output<string>;
  readonly roleName: pulumi.Output<string>;
  /** As principals of S3 events carry it: `AWS:<this>:<session>`. */
  readonly roleUniqueId: pulumi.Output<string>;

  constructor(name: string, args: PodRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:PodRole', name, {}, options);
    const child = { parent: this };
    const role = new aws.iam.Role(
      `${name}-role`,
      { assumeRolePolicy: podTrust(args), description: `Pods of ${args.namespace}/${args.serviceAccount}` },
      child,
    );
    const policy =
      args.statements.length === 0
        ? []
        : [
            new aws.iam.RolePolicy(
              `${name}-policy`,
              { role: role.name, policy: policyDocument([...args.statements]) },
              child,
            ),
          ];
    if (args.associate ?? true) {
      new aws.eks.PodIdentityAssociation(
        `${name}-association`,
        {
          clusterName: args.cluster.name,
          namespace: args.namespace,
          serviceAccount: args.serviceAccount,
          roleArn: role.arn,
        },
        // A pod that starts at once must not find a role that may do nothing yet.
        { ...child, dependsOn: policy },
      );
    }
    this.roleArn = role.arn;
    this.roleName = role.name;
    this.roleUniqueId = role.uniqueId;
    this.registerOutputs({
      roleArn: this.roleArn,
      roleName: this.roleName,
      roleUniqueId: this.roleUniqueId,
    });
  }
}

/**
 * Who may take the role. EKS tags the session with cluster, namespace and service account
 * (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html); without the conditions an
 * association of any other account could name it.
 */
function podTrust({
  cluster,
  namespace,
  serviceAccount,
}: Pick<PodRoleArgs, 'cluster' | 'namespace' | 'serviceAccount'>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'PodsOfOneServiceAccount',
        Effect: 'Allow',
        Principal: { Service: ['pods.eks.amazonaws.com'] },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn': cluster.arn,
            'aws:RequestTag/kubernetes-namespace': namespace,
            'aws:RequestTag/kubernetes-service-account': serviceAccount,
          },
        },
      },
    ],
  });
}
