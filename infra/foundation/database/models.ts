import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ServiceRole, type IamStatement } from '../iam.ts';

/** What SQL may ask through the extension `aws_ml`. */
export type DatabaseModels = {
  /** Names of SageMaker endpoints, a pattern with `*` at most at the end. */
  sagemakerEndpoints: readonly string[];
  /** Ids of Bedrock's foundation models. */
  bedrockModels: readonly string[];
};

export type ModelAccessArgs = {
  account: string;
  region: string;
  clusterIdentifier: pulumi.Output<string>;
  clusterArn: pulumi.Output<string>;
  models: DatabaseModels;
};

/**
 * Lets the database call models, each service by a role of its own, and for nobody but this cluster.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-ml.html
 */
export class ModelAccess extends pulumi.ComponentResource {
  constructor(name: string, args: ModelAccessArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:database:ModelAccess', name, {}, options);
    const { account, region, models } = args;
    const role = (service: string, statement: IamStatement) =>
      new ServiceRole(
        `${name}-${service}`,
        {
          service: 'rds.amazonaws.com',
          description: `The database asks models of ${service}`,
          condition: {
            StringEquals: { 'aws:SourceAccount': account },
            ArnEquals: { 'aws:SourceArn': args.clusterArn },
          },
          statements: [statement],
        },
        { parent: this },
      );
    const sagemaker = role('sagemaker', {
      Sid: 'InvokeEndpoints',
      Action: ['sagemaker:InvokeEndpoint'],
      Resource: models.sagemakerEndpoints.map(
        (endpoint) => `arn:aws:sagemaker:${region}:${account}:endpoint/${endpoint}`,
      ),
    });
    const bedrock = role('bedrock', {
      Sid: 'InvokeModels',
      Action: ['bedrock:InvokeModel'],
      Resource: models.bedrockModels.map((model) => `arn:aws:bedrock:${region}::foundation-model/${model}`),
    });
    const associate = (featureName: string, { arn }: ServiceRole, before: pulumi.Resource[]) =>
      new aws.rds.ClusterRoleAssociation(
        `${name}-${featureName.toLowerCase()}`,
        { dbClusterIdentifier: args.clusterIdentifier, featureName, roleArn: arn },
        { parent: this, dependsOn: before },
      );
    // One after the other: a cluster that is being changed refuses the next change.
    const first = associate('SageMaker', sagemaker, []);
    associate('Bedrock', bedrock, [first]);
    this.registerOutputs({});
  }
}
