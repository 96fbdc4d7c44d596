import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import type { Protection } from '../foundation/protection.ts';
import type { AwsSettings } from '../settings/aws.ts';
import type { ApplicationsParameter, StorageNames } from './applications/index.ts';
import { Capture } from './capture/index.ts';
import { awsDocument } from './environment-document.ts';
import {
  distributionParameterOf,
  EnvironmentParameter,
  environmentParameterOf,
} from './environment-parameter.ts';
import { MoveSteps } from './steps/index.ts';
import type { Stores } from './stores.ts';
import { WorkerRoles } from './workers/index.ts';

/** An anonymous read through the cache tier is never older while the origin answers. */
export const MAX_STALE_SECONDS = 5;

export type MoveArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
  names: StorageNames;
  stores: Stores;
  applications: ApplicationsParameter;
};

/**
 * What moves objects from S3 to Ceph and exists in every phase: the function of the steps, capture, the
 * workers' roles, and the document that tells all of them where everything is.
 */
export class Move extends pulumi.ComponentResource {
  readonly roles: WorkerRoles;
  readonly steps: MoveSteps;
  readonly capture: Capture;
  /** The environment document, as text. */
  readonly document: pulumi.Output<string>;

  constructor(name: string, args: MoveArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:Move', name, {}, options);
    const { settings, foundation, stores, applications } = args;
    const { environment, region, account, logDays } = settings;
    const { network, keys, database, alarms, kubernetes } = foundation;
    const child = { parent: this };
    const sources = stores.sources.map(({ bucketArn, settings: { kmsKeyArn } }) => ({
      bucketArn,
      ...(kmsKeyArn !== undefined && { kmsKeyArn }),
    }));
    const clusters = [stores.images, stores.metadata];
    const place = { environment, region, account };
    const credentialsPrefixes = clusters.map((cluster) => cluster.credentialsPrefix);
    const environmentParameter = environmentParameterOf(place);

    this.roles = new WorkerRoles(
      `${name}-role`,
      {
        cluster: kubernetes,
        rights: {
          region,
          account,
          sources,
          credentialsPrefixes,
          secretsKeyArn: keys.secrets.arn,
          ledger: database.connectStatement('storage_move'),
          food: database.connectStatement('storage_food'),
          parameterArn: applications.arn,
        },
      },
      child,
    );
    this.steps = new MoveSteps(
      `${name}-steps`,
      {
        ...place,
        sources,
        credentialsPrefixes,
        network,
        keys,
        database,
        environmentParameter,
        distributionParameterArn: distributionParameterOf(place).arn,
        applicationsParameterArn: applications.arn,
        reach: clusters.map((cluster) => ({
          to: {
            name: `${cluster.dnsName.split('.')[0] ?? ''} gateway`,
            group: cluster.gatewaySecurityGroupId,
          },
          port: cluster.gatewayPort,
          why: 'steps speak S3 with Ceph',
        })),
        alarms,
        logDays,
      },
      child,
    );
    this.capture = new Capture(
      `${name}-capture`,
      {
        environment,
        account,
        buckets: stores.sources,
        network,
        keys,
        alarms,
        database,
        environmentParameter,
        // Who writes to S3 for us: the heartbeat, the steps that prove capture by a canary, and who carries a turn out.
        ownPrincipals: [
          this.steps.roleUniqueId,
          this.roles.roleUniqueIds.heartbeat,
          this.roles.roleUniqueIds['hold-watch'],
        ],
        // Always: what comes before `copy` is a hint like any other, and a rule that waited for the gate
        // could not be made before it.
        capturing: true,
        logDays,
        protect: args.protect,
      },
      child,
    );
    this.document = this.#document(args);
    new EnvironmentParameter(`${name}-environment`, { ...place, document: this.document }, child);
    this.registerOutputs({ stepsFunction: this.steps.functionName });
  }

  #document({ settings, names, foundation, stores, applications }: MoveArgs): pulumi.Output<string> {
    const { database, kubernetes, network } = foundation;
    const { capture } = this;
    return pulumi
      .output({
        databaseEndpoint: database.endpoint,
        masterSecretArn: database.masterSecretArn,
        clusterName: kubernetes.name,
        clusterEndpoint: kubernetes.endpoint,
        certificateAuthority: kubernetes.certificateAuthority,
        queueUrl: capture.queueUrl,
        queueArn: capture.queueArn,
        deadLetterUrl: capture.deadLetterUrl,
        applicationsParameter: applications.name,
        s3EndpointId: network.s3EndpointId,
      })
      .apply((known) =>
        JSON.stringify(
          awsDocument({
            settings,
            names,
            maxStaleSeconds: MAX_STALE_SECONDS,
            credentialsPrefixes: {
              images: stores.images.credentialsPrefix,
              metadata: stores.metadata.credentialsPrefix,
            },
            database: {
              endpoint: known.databaseEndpoint,
              port: database.port,
              masterSecretArn: known.masterSecretArn,
            },
            kubernetes: {
              name: known.clusterName,
              endpoint: known.clusterEndpoint,
              certificateAuthority: known.certificateAuthority,
            },
            capture: {
              queueUrl: known.queueUrl,
              queueArn: known.queueArn,
              deadLetterUrl: known.deadLetterUrl,
            },
            applicationsParameter: known.applicationsParameter,
            s3EndpointId: known.s3EndpointId,
            distributionParameter: distributionParameterOf(settings).name,
          }),
        ),
      );
  }
}
