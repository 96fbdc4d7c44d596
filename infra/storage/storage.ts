import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import { allowTraffic, type Part } from '../foundation/network/traffic.ts';
import type { Protection } from '../foundation/protection.ts';
import { PhaseGate, PhaseSettle } from '../phases/gate-and-settle.ts';
import { workersOf } from '../phases/phase.ts';
import type { AwsSettings } from '../settings/aws.ts';
import { ApplicationsParameter, Certificates, ObjectsZone, storageNames } from './applications/index.ts';
import type { StorageNames } from './applications/index.ts';
import { bucketParents } from './applications/names.ts';
import { CacheTier } from './cache-tier/index.ts';
import { CacheTierLoadBalancer } from './cache-tier/load-balancer.ts';
import { Cdn, Edge } from './cdn/index.ts';
import { distributionParameterName } from './environment-parameter.ts';
import { EventsEntrance } from './events/index.ts';
import { MAX_STALE_SECONDS, Move } from './move.ts';
import { Stores } from './stores.ts';
import { CopyNodes, GpuNodes, MoveWorkers, StorageNamespace } from './workers/index.ts';

export type StorageArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
};

/** How the engine's machine starts our commands, from the folder of the program. */
const MIGRATE = 'node ../scripts/migrate.ts';
const CEPH_MAIN = 'node ../scripts/ceph/main.ts';
/** How long requests of a cache tier's node that leaves may go on. */
const DRAIN_SECONDS = 60;

/**
 * The storage system on AWS, in the order of an object's way: names, stores, what moves objects between
 * them, the cache tier, the gate; then what a phase changes, and settle.
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

    const zone = new ObjectsZone(
      `${name}-objects`,
      { objects: names.objects, vpcId: foundation.network.vpcId, protect },
      child,
    );
    const certificates = new Certificates(
      `${name}-certificates`,
      { names, zone: domain.zone, zoneId: domain.zoneId },
      child,
    );
    const applications = new ApplicationsParameter(`${name}-applications`, { environment, protect }, child);
    const stores = new Stores(
      name,
      {
        settings,
        foundation,
        names,
        zoneId: zone.zoneId,
        certificateArn: certificates.regionalArn,
        cephMain: CEPH_MAIN,
        protect,
      },
      child,
    );
    const move = new Move(name, { settings, foundation, names, stores, applications, protect }, child);
    const place = { names, zoneId: zone.zoneId, certificateArn: certificates.regionalArn, stores, move };
    const { namespace, cacheTier, loadBalancer } = this.#readPath(name, args, place);
    this.#nodes(name, args, place);

    // Nothing that the gate depends on is changed by a phase, and all that a phase changes depends on it.
    const step = { phase, migrate: MIGRATE, environment: { MIGRATE_STEPS_FUNCTION: move.steps.functionArn } };
    const gate = new PhaseGate('phase-gate', step, { ...child, dependsOn: [foundation, stores, move] });
    const afterGate = { ...child, dependsOn: gate };
    const cdn = new Cdn(
      `${name}-cdn`,
      {
        environment,
        phase,
        names,
        zoneId: domain.zoneId,
        certificateArn: certificates.edgeArn,
        vpcId: foundation.network.vpcId,
        loadBalancer,
        buckets: stores.sources
          .filter((source) => source.settings.cluster === 'images')
          .map((source) => ({
            name: source.settings.name,
            source: source.settings.source,
            target: source.settings.target,
            s3HostName: source.regionalDomainName,
          })),
        requestSeconds: settings.requestSeconds,
        accessLogs: foundation.logs,
        logDays: settings.logDays,
        edge: new Edge(`${name}-edge`, { ...settings, foundation }, child),
      },
      afterGate,
    );
    const distribution = new aws.ssm.Parameter(
      `${name}-distribution`,
      {
        name: distributionParameterName(environment),
        description: 'The ARN of the CDN, for the statement by which S3 lets it in.',
        type: 'String',
        value: cdn.distributionArn,
      },
      child,
    );
    const workers = new MoveWorkers(
      `${name}-workers`,
      {
        cluster: foundation.kubernetes,
        clusterName: environment,
        namespace,
        image: settings.image,
        wanted: workersOf(phase),
        syncWorkers: settings.syncWorkers,
        requestSeconds: settings.requestSeconds,
        roles: move.roles,
        reach: [
          {
            to: { name: 'database', group: foundation.database.securityGroupId },
            port: foundation.database.port,
          },
          ...gatewaysOf(stores).map((to) => ({ to, port: stores.images.gatewayPort })),
        ],
        steps: move.steps,
        alarms: foundation.alarms,
      },
      afterGate,
    );
    new PhaseSettle('phase-settle', step, {
      ...child,
      dependsOn: [cdn, distribution, workers, cacheTier, loadBalancer],
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

  /** Nginx before the images, and what leads to it. */
  #readPath(name: string, { settings, foundation, protect }: StorageArgs, place: Place) {
    const { network, kubernetes, logs: accessLogs, alarms } = foundation;
    const { names, stores, move, zoneId, certificateArn } = place;
    const child = { parent: this };
    const namespace = new StorageNamespace(
      `${name}-namespace`,
      {
        cluster: kubernetes,
        roles: move.roles,
        environmentDocument: move.document,
        cidr: settings.network.cidr,
        databasePort: foundation.database.port,
      },
      child,
    );
    const cacheTier = new CacheTier(
      `${name}-cache-tier`,
      {
        cluster: kubernetes,
        namespace,
        network,
        region: settings.region,
        image: settings.image,
        nodes: settings.kubernetes.cache,
        cephHost: names.gateways.images,
        bucketDomains: bucketParents(names),
        maxStaleSeconds: MAX_STALE_SECONDS,
        requestSeconds: settings.requestSeconds,
      },
      { ...child, dependsOn: stores.images.ready },
    );
    const tier: Part = { name: 'cache-tier', group: cacheTier.nodeSecurityGroupId };
    allowTraffic(
      `${name}-steps-to-cache-tier`,
      {
        from: { name: 'steps', group: move.steps.securityGroupId },
        to: tier,
        ports: cacheTier.turn.port,
        why: 'a turn is done when every Nginx says so',
      },
      child,
    );
    const loadBalancer = new CacheTierLoadBalancer(
      `${name}-balancer`,
      {
        network,
        cacheTier,
        certificateArn,
        name: { zoneId, hostName: names.cacheTier },
        clientNetworks: [settings.network.cidr, ...settings.network.peers],
        requestSeconds: settings.requestSeconds,
        drainSeconds: DRAIN_SECONDS,
        accessLogs,
        alarms,
        protect,
      },
      child,
    );
    return { namespace, cacheTier, loadBalancer };
  }

  /** Nodes that come and go with their work, and the way of Ceph's notifications to their receivers. */
  #nodes(name: string, { settings, foundation, protect }: StorageArgs, place: Place): void {
    const { network, kubernetes: cluster, logs: accessLogs, alarms } = foundation;
    const { copy, gpu } = settings.kubernetes;
    const child = { parent: this };
    new CopyNodes(`${name}-copy-nodes`, { cluster, network, ...copy }, child);
    if (gpu.maximum > 0) new GpuNodes(`${name}-gpu-nodes`, { cluster, network, ...gpu }, child);
    new EventsEntrance(
      `${name}-events`,
      {
        network,
        receivers: {
          autoScalingGroupNames: [cluster.system.autoScalingGroupName],
          nodeSecurityGroupId: cluster.securityGroupId,
        },
        senders: [
          { name: 'images-nodes', group: place.stores.images.nodeSecurityGroupId },
          { name: 'metadata-nodes', group: place.stores.metadata.nodeSecurityGroupId },
        ],
        certificateArn: place.certificateArn,
        name: { zoneId: place.zoneId, hostName: place.names.events },
        accessLogs,
        alarms,
        protect,
      },
      child,
    );
  }
}

type Place = {
  names: StorageNames;
  zoneId: pulumi.Output<string>;
  certificateArn: pulumi.Output<string>;
  stores: Stores;
  move: Move;
};

function gatewaysOf({ images, metadata }: Stores): Part[] {
  return [
    { name: 'images-gateway', group: images.gatewaySecurityGroupId },
    { name: 'metadata-gateway', group: metadata.gatewaySecurityGroupId },
  ];
}
