import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { watchDocument } from './plan/host-documents.ts';
import { METRICS_NAMESPACE } from './names.ts';
import type { CephNode } from './node-group.ts';

export type CephWatchArgs = {
  region: string;
  cluster: string;
  /** The topic whose queue is watched. */
  topic: string;
  nodes: readonly CephNode[];
};

/** Instances that one association can name. */
const MOST_TARGETS = 50;

/**
 * Lets every node tell CloudWatch how it is, monitors of the whole cluster. Systems Manager installs it, on
 * nodes that are new, too, and sets it right twice a day.
 */
export class CephWatch extends pulumi.ComponentResource {
  constructor(name: string, args: CephWatchArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:Watch', name, {}, options);
    const document = new aws.ssm.Document(
      `${name}-document`,
      {
        documentType: 'Command',
        documentFormat: 'JSON',
        targetType: '/AWS::EC2::Instance',
        content: watchDocument({
          region: args.region,
          namespace: METRICS_NAMESPACE,
          cluster: args.cluster,
          topic: args.topic,
        }),
      },
      { parent: this },
    );
    for (let first = 0; first < args.nodes.length; first += MOST_TARGETS) {
      new aws.ssm.Association(
        `${name}-${first / MOST_TARGETS}`,
        {
          name: document.name,
          documentVersion: document.latestVersion,
          targets: [
            {
              key: 'InstanceIds',
              values: args.nodes.slice(first, first + MOST_TARGETS).map((node) => node.instanceId),
            },
          ],
          scheduleExpression: 'rate(12 hours)',
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
