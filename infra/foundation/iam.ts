import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { whenReady } from './ready.ts';

/** One or several values of a condition key, by key, by operator: `{ StringEquals: { 'aws:SourceAccount': … } }`. */
export type IamCondition = Record<string, Record<string, pulumi.Input<string> | pulumi.Input<string>[]>>;

/** A statement of a policy that is attached to an identity. */
export type IamStatement = {
  /** Letters and digits only, unique within one document. */
  Sid: string;
  /** Default: `Allow`. */
  Effect?: 'Allow' | 'Deny';
  /** Actions by name. A wildcard in an action grants what AWS adds later; the policy pack refuses it. */
  Action: string[];
  Resource: pulumi.Input<string>[];
  Condition?: IamCondition;
};

/** A statement of a policy that is attached to what is acted on (a key, a bucket, a topic). */
export type ResourceStatement = IamStatement & {
  /** `'*'` only together with a condition that names who. */
  Principal: '*' | { AWS: pulumi.Input<string>[] | '*' } | { Service: string[] };
};

/**
 * Refuses whatever comes to these resources without TLS.
 *
 * @param service whose actions, for example `s3`: all of them
 */
export function tlsOnly(service: 's3' | 'sqs', resources: pulumi.Input<string>[]): ResourceStatement {
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: [`${service}:*`],
    Resource: resources,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/**
 * The text of a policy document. Statements are kept in order, so that equal statements give equal text
 * and a preview shows no change.
 *
 * @throws InputPropertyError where there is no statement, or two have one Sid
 */
export function policyDocument(
  statements: readonly (IamStatement | ResourceStatement)[],
): pulumi.Output<string> {
  const sids = statements.map((statement) => statement.Sid);
  const twice = sids.find((sid, index) => sids.indexOf(sid) !== index);
  const wrong =
    statements.length === 0
      ? 'is empty; IAM refuses a document without a statement'
      : twice !== undefined
        ? `has two statements with the Sid ${twice}; give each a name of its own`
        : sids.every((sid) => /^[A-Za-z0-9]+$/.test(sid))
          ? undefined
          : `has a Sid with more than letters and digits among: ${sids.join(', ')}`;
  if (wrong !== undefined) {
    throw new pulumi.InputPropertyError({ propertyPath: 'statements', reason: wrong });
  }
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: statements.map(({ Sid, Effect = 'Allow', ...rest }) => ({ Sid, Effect, ...rest })),
  });
}

export type ServiceRoleArgs = {
  /** Who takes the role: `lambda.amazonaws.com`, `ec2.amazonaws.com`, … */
  service: string;
  /** What it allows. Empty: nothing but what `managedPolicyArns` allow. */
  statements: readonly IamStatement[];
  /** Policies of AWS' own, where a service documents that it needs exactly these. Default: none. */
  managedPolicyArns?: readonly string[];
  /**
   * When the service may take the role, so that it takes it for nobody else's sake ("confused deputy"):
   * `aws:SourceAccount`, `aws:SourceArn`. Only for services that send them; EC2 does not. Default: none.
   */
  condition?: IamCondition;
  /** What the role is for, as the console shows it. */
  description: string;
};

/** A role that a service of AWS takes, with the one policy that says what for. */
export class ServiceRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** The role's name, as EC2's instance profiles want it. */
  readonly name: pulumi.Output<string>;
  /** `AROA…`: the name of the role's sessions in S3's events and CloudTrail. */
  readonly uniqueId: pulumi.Output<string>;

  constructor(name: string, args: ServiceRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:iam:ServiceRole', name, {}, options);
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/.test(args.service)) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'service',
        reason: `is "${args.service}"; must be a service's principal such as lambda.amazonaws.com`,
      });
    }
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        description: args.description,
        assumeRolePolicy: trustDocument(args.service, args.condition),
      },
      { parent: this },
    );
    const policies: pulumi.Resource[] = [];
    if (args.statements.length > 0) {
      policies.push(
        new aws.iam.RolePolicy(
          `${name}-policy`,
          { role: role.name, policy: policyDocument(args.statements) },
          { parent: this },
        ),
      );
    }
    for (const policyArn of args.managedPolicyArns ?? []) {
      const suffix = policyArn.slice(policyArn.lastIndexOf('/') + 1).toLowerCase();
      policies.push(
        new aws.iam.RolePolicyAttachment(
          `${name}-${suffix}`,
          { role: role.name, policyArn },
          { parent: this },
        ),
      );
    }
    // The role may be used at once: it must have its rights by then.
    this.arn = whenReady(role.arn, policies);
    this.name = whenReady(role.name, policies);
    this.uniqueId = role.uniqueId;
    this.registerOutputs({ arn: this.arn, name: this.name, uniqueId: this.uniqueId });
  }
}

/** Who may take a role: one service, or with a condition one service for the sake of something of ours. */
export function trustDocument(service: string, condition?: IamCondition): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Service',
        Effect: 'Allow',
        Action: ['sts:AssumeRole'],
        Principal: { Service: [service] },
        ...(condition === undefined ? {} : { Condition: condition }),
      },
    ],
  });
}
