import * as aws from '@pulumi/aws';
import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { stepDocument } from './plan/host-documents.ts';
import type { ClusterPlan } from './plan/plan.ts';
import type { Protection } from '../../foundation/protection.ts';
import type { CephNode } from './node-group.ts';

export type CephStepArgs = Protection & {
  region: string;
  plan: pulumi.Input<ClusterPlan>;
  /** All that the hosts pull, and their processors' architectures as registries call them. */
  images: pulumi.Input<string>[];
  architectures: readonly ('amd64' | 'arm64')[];
  /** Any of which may carry the step out; the first is the one that founds. */
  monitors: readonly CephNode[];
  /** How `scripts/ceph-hosts/main.ts` is started where the engine runs. */
  main: string;
};

/**
 * The one step that makes a cluster what its plan says: sent to a monitor by Systems Manager, followed, and
 * run again in place whenever the plan or the scripts change. Its create and its update are the same.
 */
export class CephStep extends pulumi.ComponentResource {
  /** Whatever depends on it finds users and buckets. */
  readonly done: command.local.Command;

  constructor(name: string, args: CephStepArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:Step', name, {}, options);
    const content = stepDocument();
    const document = new aws.ssm.Document(
      `${name}-document`,
      { documentType: 'Command', documentFormat: 'JSON', targetType: '/AWS::EC2::Instance', content },
      { parent: this },
    );
    const line = `${args.main} apply`;
    this.done = new command.local.Command(
      `${name}-apply`,
      {
        create: line,
        update: line,
        // Only in dev: a cluster that is made again there must be founded again. In prod the record stays.
        ...(args.protect ? {} : { delete: `${args.main} forget` }),
        stdin: pulumi.jsonStringify({
          region: args.region,
          document: document.name,
          version: document.latestVersion,
          monitors: args.monitors.map((node) => ({ name: node.name, instanceId: node.instanceId })),
          images: args.images,
          architectures: args.architectures,
          plan: args.plan,
        }),
        logging: command.local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { create: '4h', update: '4h' } },
    );
    this.registerOutputs({});
  }
}
