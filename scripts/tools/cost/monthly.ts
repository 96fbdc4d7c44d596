import { INSTANCE_TYPES } from '../../../infra/aws/instance-types.ts';
import { INTERFACE_SERVICES } from '../../../infra/foundation/network/endpoints.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { CLUSTERS } from '../../../infra/settings/common.ts';

/** What costs the same each month, used or not. What is paid by use is not included. */
export type CostLine = {
  what: string;
  /** How the figure is computed, with its prices. */
  arithmetic: string;
  dollarsPerMonth: number;
};

/** AWS counts a month as so many hours. */
export const HOURS = 730;

/** On demand, us-east-1, as published between 2022 and 2026. Re-price before quoting to anyone. */
export const PRICES = {
  natGatewayHour: 0.045,
  endpointHour: 0.01,
  kubernetesHour: 0.1,
  capacityUnitHour: 0.12,
  loadBalancerHour: 0.0225,
  volumeGibMonth: 0.08,
  keyMonth: 1,
  firewallMonth: 5,
} as const;

/** GiB of the root volume of every node. */
const ROOT_GIB = 60;
const KEYS = 7;
/** Of the cache tier, of each Ceph cluster, of the receiver of object events. */
const LOAD_BALANCERS = 4;

export function monthlyCost(settings: AwsSettings): CostLine[] {
  const { network, kubernetes, database } = settings;
  const zones = network.zones.length;
  const gateways = network.natGateways === 'one' ? 1 : zones;
  const instances = database.readers + 1;
  return [
    ...CLUSTERS.flatMap((cluster) =>
      settings.ceph[cluster].nodeGroups.map((group) =>
        nodes(`Ceph ${cluster}: ${group.name} (${group.roles.join(', ')})`, group.instanceType, group.count),
      ),
    ),
    hourly('Kubernetes: control plane', 1, PRICES.kubernetesHour),
    nodes('Kubernetes: system', kubernetes.system.instanceType, kubernetes.system.count),
    nodes('Kubernetes: cache tier, at least', kubernetes.cache.instanceType, kubernetes.cache.minimum),
    hourly(
      `Aurora: ${instances} × at least ${database.minimumCapacity} capacity units`,
      instances * database.minimumCapacity,
      PRICES.capacityUnitHour,
    ),
    hourly('NAT gateways', gateways, PRICES.natGatewayHour),
    hourly(
      'Endpoints of AWS’ services',
      network.interfaceEndpoints ? INTERFACE_SERVICES.length * zones : 0,
      PRICES.endpointHour,
    ),
    hourly('Load balancers', LOAD_BALANCERS, PRICES.loadBalancerHour),
    {
      what: 'Encryption keys and the firewall',
      arithmetic: `${KEYS} × $${PRICES.keyMonth} + $${PRICES.firewallMonth}`,
      dollarsPerMonth: KEYS * PRICES.keyMonth + PRICES.firewallMonth,
    },
  ].filter((line) => line.dollarsPerMonth > 0);
}

export function totalOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, line) => sum + line.dollarsPerMonth, 0);
}

function nodes(what: string, instanceType: string, count: number): CostLine {
  const { dollarsPerHour } = INSTANCE_TYPES[instanceType] ?? { dollarsPerHour: NaN };
  const each = dollarsPerHour * HOURS + ROOT_GIB * PRICES.volumeGibMonth;
  return {
    what,
    arithmetic: `${count} × ${instanceType} × ($${dollarsPerHour} × ${HOURS} h + ${ROOT_GIB} GiB × $${PRICES.volumeGibMonth})`,
    dollarsPerMonth: count * each,
  };
}

function hourly(what: string, count: number, dollarsPerHour: number): CostLine {
  return {
    what,
    arithmetic: `${count} × $${dollarsPerHour} × ${HOURS} h`,
    dollarsPerMonth: count * dollarsPerHour * HOURS,
  };
}
