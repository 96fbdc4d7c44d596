import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import type { Protection } from '../foundation/protection.ts';
import { PhaseGate, PhaseSettle } from '../phases/gate-and-settle.ts';
import type { AwsSettings } from '../settings/aws.ts';
import { ApplicationsParameter, Certificates, ObjectsZone, storageNames } from './applications/index.ts';
import { Edge } from './cdn/index.ts';
import { MIGRATE } from './commands.ts';
import { EventsEntrance } from './events/index.ts';
import { Move } from './move.ts';
import { PhaseParts } from './phase-parts.ts';
import { ReadPath } from './read-path.ts';
import { Stores } from './stores.ts';
import { CopyNodes, GpuNodes, MoveAccess } from './workers/index.ts';

export type StorageArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
};

/**
 * The storage system on AWS, in the order of its story: names, stores, what moves objects between them, what
 * reads them; then the gate, what a phase changes, and settle.
 */
export class Storage extends pulumi.ComponentResource {
  /** The phase that the ledger let the stack into. */
  readonly phase: pulumi.Output<string>;
  readonly endpoints: { images: string; signed: string; applications: pulumi.Output<string>[] };
  readonly stepsFunction: pulumi.Output<string>;
  readonly applicationsParameter: pulumi.Output<string>;

  constructor(name: string, args: StorageArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:Storage', name, {}, options);
    const { settings, foundation, protect } = args;
    const { environment, domain, phase } = settings;
    const child = { parent: this };
    const names = storageNames(domain);

    const { zoneId } = new ObjectsZone(
      `${name}-objects`,
      { objects: names.objects, vpcId: foundation.network.vpcId, protect },
      child,
    );
    const certificates = new Certificates(
      `${name}-certificates`,
      { names, zone: domain.zone, zoneId: domain.zoneId },
      child,
    );
    const certificateArn = certificates.regionalArn;
    const applications = new ApplicationsParameter(`${name}-applications`, { environment, protect }, child);

    const common = { settings, foundation, names, protect };
    const stores = new Stores(name, { ...common, zoneId, certificateArn }, child);
    const move = new Move(name, { ...common, stores, applications }, child);
    const readPath = new ReadPath(name, { ...common, zoneId, certificateArn, stores, move }, child);
    const access = this.#access(name, args, { stores, move, readPath });
    const events = this.#events(name, args, {
      stores,
      certificateArn,
      name: { zoneId, hostName: names.events },
    });
    const nodes = this.#nodes(name, args);
    const edge = new Edge(`${name}-edge`, { ...settings, foundation }, child);

    // Nothing that the gate depends on is changed by a phase, and all that a phase changes depends on it.
    const step = { phase, migrate: MIGRATE, environment: { MIGRATE_STEPS_FUNCTION: move.steps.functionArn } };
    // Protected, both: of a `pulumi destroy` without a preview the engine carries out what it may, and what a
    // protected resource depends on it may not. Without them everything goes that holds no state.
    const gate = new PhaseGate('phase-gate', step, {
      ...child,
      protect,
      dependsOn: [foundation, stores, move, access],
    });
    const parts = new PhaseParts(
      name,
      { settings, foundation, names, edgeCertificateArn: certificates.edgeArn, edge, stores, readPath },
      { ...child, dependsOn: gate },
    );
    new PhaseSettle('phase-settle', step, {
      ...child,
      protect,
      dependsOn: [parts, readPath, events, ...nodes],
    });

    this.phase = gate.phase;
    this.endpoints = {
      images: `https://${names.images}`,
      signed: `https://${names.signed}`,
      applications: [pulumi.output(`https://${names.cacheTier}`), stores.metadata.endpoint],
    };
    this.stepsFunction = move.steps.functionName;
    this.applicationsParameter = applications.name;
    this.registerOutputs({ phase: this.phase });
  }

  /** What steps work with in the cluster. */
  #access(
    name: string,
    { settings, foundation }: StorageArgs,
    { stores, move, readPath }: { stores: Stores; move: Move; readPath: ReadPath },
  ): MoveAccess {
    const { database, kubernetes: cluster } = foundation;
    const gateway = (of: 'images' | 'metadata') => ({
      to: { name: `${of}-gateway`, group: stores[of].gatewaySecurityGroupId },
      port: stores[of].gatewayPort,
    });
    return new MoveAccess(
      `${name}-access`,
      {
        cluster,
        namespace: readPath.namespace,
        image: settings.image,
        syncWorkers: settings.syncWorkers,
        copyNodes: settings.kubernetes.copy,
        requestSeconds: settings.requestSeconds,
        roles: move.roles,
        reach: [
          { to: { name: 'database', group: database.securityGroupId }, port: database.port },
          gateway('images'),
          gateway('metadata'),
        ],
        steps: move.steps,
      },
      { parent: this },
    );
  }

  /** The way of Ceph's notifications to their receivers. */
  #events(
    name: string,
    { foundation, protect }: StorageArgs,
    place: {
      stores: Stores;
      certificateArn: pulumi.Output<string>;
      name: { zoneId: pulumi.Output<string>; hostName: string };
    },
  ): EventsEntrance {
    const { network, kubernetes, logs: accessLogs, alarms } = foundation;
    const { stores, ...rest } = place;
    return new EventsEntrance(
      `${name}-events`,
      {
        ...rest,
        network,
        receivers: {
          autoScalingGroupNames: [kubernetes.system.autoScalingGroupName],
          nodeSecurityGroupId: kubernetes.securityGroupId,
        },
        senders: [
          { name: 'images-nodes', group: stores.images.nodeSecurityGroupId },
          { name: 'metadata-nodes', group: stores.metadata.nodeSecurityGroupId },
        ],
        accessLogs,
        alarms,
        protect,
      },
      { parent: this },
    );
  }

  /** Nodes that come and go with their work. */
  #nodes(name: string, { settings, foundation }: StorageArgs): pulumi.Resource[] {
    const { network, kubernetes: cluster } = foundation;
    const { copy, gpu } = settings.kubernetes;
    const child = { parent: this };
    const copyNodes = new CopyNodes(`${name}-copy-nodes`, { cluster, network, ...copy }, child);
    if (gpu.maximum === 0) return [copyNodes];
    return [copyNodes, new GpuNodes(`${name}-gpu-nodes`, { cluster, network, ...gpu }, child)];
  }
}
