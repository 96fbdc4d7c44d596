import type { CephNodeGroup, CephRole } from '../../../settings/aws.ts';
import { INSTANCE_STORE_MODEL } from '../../../aws/instance-types.ts';
import { CEPH_PORTS } from './ports.ts';
import { instanceType, storageRole } from './storage-nodes.ts';

/**
 * The specification that cephadm makes a cluster by: hosts and services. Its own parser reads it in a test;
 * fields that are younger than that parser are listed in NEWER_FIELDS with where they are documented.
 */

export type Host = {
  name: string;
  address: string;
  group: string;
  roles: readonly CephRole[];
  /** The availability zone's name: a CRUSH bucket of type `zone`. */
  zone: string;
};

/** One document of the specification. */
export type SpecDocument = Record<string, unknown>;

export const NEWER_FIELDS = [
  {
    service: 'rgw',
    field: 'generate_cert',
    since: 'Squid 19.2',
    source: 'https://docs.ceph.com/en/squid/cephadm/services/rgw/#cephadm-generated-certificates',
  },
] as const;

/** Hosts with this label hold the keyring of `client.admin`; commands are run on them. */
export const ADMIN_LABEL = '_admin';

/**
 * The hosts. A host's place in CRUSH is what it was added with: cephadm ignores later changes of it.
 * https://docs.ceph.com/en/tentacle/cephadm/host-management/
 */
export function hostDocuments(hosts: readonly Host[]): SpecDocument[] {
  return hosts.map((host) => ({
    service_type: 'host',
    hostname: host.name,
    addr: host.address,
    labels: [`group-${host.group}`, ...host.roles, ...(host.roles.includes('monitor') ? [ADMIN_LABEL] : [])],
    location: { root: 'default', zone: host.zone },
  }));
}

export type Services = {
  groups: readonly CephNodeGroup[];
  realm: string;
  zone: string;
};

/** What runs on the hosts. RGW comes apart (`gatewayDocument`): it cannot start before its realm exists. */
export function serviceDocuments({ groups }: Pick<Services, 'groups'>): SpecDocument[] {
  const onMonitors = (count: number) => ({ label: 'monitor', count });
  const monitors = nodesWith(groups, 'monitor');
  return [
    { service_type: 'mon', placement: onMonitors(monitorCount(monitors)) },
    { service_type: 'mgr', placement: onMonitors(Math.min(monitors, 2)) },
    { service_type: 'crash', placement: { host_pattern: '*' } },
    ...groups.flatMap(diskDocument),
    // What the dashboard reads figures and alerts from.
    {
      service_type: 'prometheus',
      placement: onMonitors(1),
      spec: { port: CEPH_PORTS.prometheus, retention_time: '15d', retention_size: '20GB' },
    },
    { service_type: 'alertmanager', placement: onMonitors(1), spec: { port: CEPH_PORTS.alerts.from } },
    { service_type: 'node-exporter', placement: { host_pattern: '*' } },
  ];
}

/** RGW on every host that is a gateway. The load balancer trusts the certificate that cephadm makes. */
export function gatewayDocument({ realm, zone }: Pick<Services, 'realm' | 'zone'>): SpecDocument {
  return {
    service_type: 'rgw',
    service_id: zone,
    placement: { label: 'gateway', count_per_host: 1 },
    spec: {
      rgw_realm: realm,
      rgw_zone: zone,
      rgw_frontend_port: CEPH_PORTS.gateway,
      ssl: true,
      generate_cert: true,
    },
  };
}

/** The documents as cephadm takes them from a file. JSON is YAML. */
export function specText(documents: readonly SpecDocument[]): string {
  return documents.map((document) => `---\n${JSON.stringify(document, null, 2)}\n`).join('');
}

/** Three monitors, five where there are as many hosts for them; an even number agrees no better. */
function monitorCount(nodes: number): number {
  return nodes >= 5 ? 5 : nodes >= 3 ? 3 : 1;
}

function nodesWith(groups: readonly CephNodeGroup[], role: CephRole): number {
  return groups.filter((group) => group.roles.includes(role)).reduce((sum, group) => sum + group.count, 0);
}

/**
 * OSDs on a group's local disks, found by model and size: device names change from boot to boot, and the
 * root volume is NVMe too, of another model.
 */
function diskDocument(group: CephNodeGroup): SpecDocument[] {
  const role = storageRole(group);
  const [disk] = instanceType(group.instanceType).disks;
  if (role === undefined || disk === undefined) return [];
  return [
    {
      service_type: 'osd',
      service_id: group.name,
      placement: { label: `group-${group.name}` },
      spec: {
        data_devices: { model: INSTANCE_STORE_MODEL, size: sizeRange(disk.gigabytes) },
        crush_device_class: role,
        // The hardware encrypts these disks with a key that is lost at each stop:
        // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/data-protection.html#encryption-rest
        encrypted: false,
      },
    },
  ];
}

/**
 * Which sizes a disk may be reported with. ceph-volume says "6.82 TB" of 7,500 GB (it counts in 1,024s), and
 * cephadm reads that as 6.82 × 10^12: up to a tenth too small.
 */
function sizeRange(gigabytes: number): string {
  return `${Math.floor(gigabytes * 0.88)}GB:${Math.ceil(gigabytes * 1.03)}GB`;
}
