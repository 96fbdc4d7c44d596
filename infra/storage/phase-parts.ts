import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import { workersIn } from '../../scripts/contract/phases.ts';
import type { AwsSettings } from '../settings/aws.ts';
import type { StorageNames } from './applications/names.ts';
import { canaryAlarms } from './capture/index.ts';
import { Cdn, type Edge } from './cdn/index.ts';
import { distributionParameterOf } from './environment-parameter.ts';
import type { ReadPath } from './read-path.ts';
import type { Stores } from './stores.ts';
import { MoveWorkers } from './workers/index.ts';

export type PhasePartsArgs = {
  /** Its `phase` is what all of this is about. */
  settings: AwsSettings & { region: string };
  foundation: Foundation;
  names: StorageNames;
  /** The certificate of the public names; in us-east-1. */
  edgeCertificateArn: pulumi.Input<string>;
  edge: Edge;
  stores: Stores;
  readPath: ReadPath;
};

/**
 * All that a phase changes, and so what must wait for its gate: whether CloudFront may fail over to S3,
 * which workers have pods, and whether silent canaries ring. None holds state.
 */
export class PhaseParts extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: PhasePartsArgs,
    options: { parent: pulumi.Resource; dependsOn: pulumi.Resource },
  ) {
    super('storage:index:PhaseParts', name, {}, options);
    const { settings, foundation, names, stores, readPath } = args;
    const { environment, phase, domain, requestSeconds, logDays } = settings;
    const child = { parent: this };
    const cdn = new Cdn(
      `${name}-cdn`,
      {
        environment,
        phase,
        names,
        zoneId: domain.zoneId,
        certificateArn: args.edgeCertificateArn,
        vpcId: foundation.network.vpcId,
        loadBalancer: readPath.loadBalancer,
        buckets: stores.sources
          .filter((source) => source.settings.cluster === 'images')
          .map((source) => ({
            name: source.settings.name,
            source: source.settings.source,
            target: source.settings.target,
            s3HostName: source.regionalDomainName,
          })),
        requestSeconds,
        accessLogs: foundation.logs,
        logDays,
        edge: args.edge,
      },
      child,
    );
    new aws.ssm.Parameter(
      `${name}-distribution`,
      {
        name: distributionParameterOf(settings).name,
        description: 'The ARN of the CDN, for the statement by which S3 lets it in.',
        type: 'String',
        value: cdn.distributionArn,
      },
      child,
    );
    new MoveWorkers(
      `${name}-workers`,
      {
        clusterName: environment,
        namespace: readPath.namespace,
        image: settings.image,
        wanted: workersIn(phase),
        requestSeconds,
        alarms: foundation.alarms,
      },
      child,
    );
    canaryAlarms(
      `${name}-capture`,
      {
        topic: foundation.alarms,
        environment,
        moves: settings.buckets.map((bucket) => bucket.name),
        phase,
      },
      child,
    );
    this.registerOutputs({});
  }
}
