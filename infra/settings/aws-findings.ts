import { INSTANCE_TYPES } from '../aws/instance-types.ts';
import { overlap, parseCidr, type Cidr } from '../foundation/network/cidr.ts';
import type { AwsSettings } from './aws.ts';
import { cephFindings } from './ceph-findings.ts';
import { CLUSTERS, holdFindings, type Finding } from './common.ts';

/** What an S3 that is kept for fewer days could not give back: the design's bound. */
const LEAST_KEEP_DAYS = 15;

/** Amazon's events come "typically in seconds but can sometimes take a minute or longer": with room to spare. */
const LEAST_LATE_EVENT_SECONDS = 900;

/** Everything that is right alone and wrong together, each with what would be right. */
export function awsFindings(settings: AwsSettings, region: string): Finding[] {
  return [
    ...holdFindings(settings),
    ...waitFindings(settings),
    ...lateEventFindings(settings),
    ...networkFindings(settings, region),
    ...domainFindings(settings),
    ...bucketFindings(settings),
    ...kubernetesFindings(settings),
    ...databaseFindings(settings),
    ...CLUSTERS.flatMap((cluster) => cephFindings(settings, cluster)),
    ...productionFindings(settings),
  ];
}

function waitFindings({ wait }: AwsSettings): Finding[] {
  if (!wait) return [];
  return [
    {
      key: 'wait',
      says: 'true has a step wait for the bulk copy, and on AWS a step ends after 15 minutes; leave it out. The next phase proves that the copy is complete',
    },
  ];
}

function lateEventFindings({ lateEventSeconds }: AwsSettings): Finding[] {
  if (lateEventSeconds >= LEAST_LATE_EVENT_SECONDS) return [];
  return [
    {
      key: 'lateEventSeconds',
      says:
        `${lateEventSeconds} s is too short for what Amazon S3 tells late: a delete from before the hold would be a ` +
        `conflict and its object stay; at least ${LEAST_LATE_EVENT_SECONDS}`,
    },
  ];
}

function networkFindings({ network, environment, kubernetes }: AwsSettings, region: string): Finding[] {
  const findings: Finding[] = [];
  const least = environment === 'prod' ? 3 : 2;
  if (network.zones.length < least || network.zones.length > 3) {
    findings.push({
      key: 'network.zones',
      says: `${environment} needs ${least === 3 ? '3' : '2 or 3'} zones; there are ${network.zones.length}`,
    });
  }
  if (new Set(network.zones).size < network.zones.length) {
    findings.push({ key: 'network.zones', says: 'a zone is named twice' });
  }
  for (const zone of network.zones) {
    if (zone.slice(0, -1) !== region) {
      findings.push({
        key: 'network.zones',
        says: `${zone} is no zone of aws:region ${region}; one is ${region}a`,
      });
    }
  }
  const own = block('network.cidr', network.cidr, findings);
  if (own !== null && (own.prefix < 16 || own.prefix > 20)) {
    findings.push({
      key: 'network.cidr',
      says: `${network.cidr} must be a /16 to a /20: AWS takes no larger one, and every pod has an address`,
    });
  }
  const peers = network.peers.map((text, index) => block(`network.peers[${index}]`, text, findings));
  for (const [index, peer] of peers.entries()) {
    if (own !== null && peer !== null && overlap(own, peer)) {
      findings.push({
        key: `network.peers[${index}]`,
        says: `${network.peers[index]} overlaps network.cidr ${network.cidr}: no route could tell them apart. Take another block, for example from 10.0.0.0/8 or 172.16.0.0/12`,
      });
    }
  }
  for (const [index, text] of kubernetes.publicAccessFrom.entries()) {
    const from = block(`kubernetes.publicAccessFrom[${index}]`, text, findings);
    if (from !== null && from.prefix < 16) {
      findings.push({
        key: `kubernetes.publicAccessFrom[${index}]`,
        says: `${text} opens the Kubernetes API to ${2 ** (32 - from.prefix)} addresses; name the CI runners' own, at most a /16`,
      });
    }
  }
  return findings;
}

function block(key: string, text: string, findings: Finding[]): Cidr | null {
  try {
    return parseCidr(text);
  } catch (error) {
    findings.push({ key, says: (error as RangeError).message });
    return null;
  }
}

function domainFindings({ domain }: AwsSettings): Finding[] {
  const findings: Finding[] = [];
  for (const key of ['images', 'objects'] as const) {
    if (!domain[key].endsWith(`.${domain.zone}`)) {
      findings.push({
        key: `domain.${key}`,
        says: `${domain[key]} is not in the hosted zone ${domain.zone}; one that is: ${key}.${domain.zone}`,
      });
    }
  }
  if (domain.images === domain.objects) {
    findings.push({
      key: 'domain.objects',
      says: 'is the same as domain.images: browsers and applications need a name each',
    });
  }
  return findings;
}

function bucketFindings({ buckets, environment }: AwsSettings): Finding[] {
  const findings: Finding[] = [];
  for (const [index, bucket] of buckets.entries()) {
    const earlier = buckets.slice(0, index);
    const key = `buckets[${index}]`;
    if (earlier.some((other) => other.source === bucket.source)) {
      findings.push({ key: `${key}.source`, says: `${bucket.source} is moved by another entry already` });
    }
    if (earlier.some((other) => other.cluster === bucket.cluster && other.target === bucket.target)) {
      findings.push({
        key: `${key}.target`,
        says: `${bucket.target} on ${bucket.cluster} is another entry's target already: their keys would overwrite each other`,
      });
    }
    if (bucket.create && environment === 'prod') {
      findings.push({
        key: `${key}.create`,
        says: 'true makes a new bucket; prod adopts the one that holds the data. Remove it',
      });
    }
    const prefixes = bucket.archive.map((rule) => rule.prefix);
    if (new Set(prefixes).size < prefixes.length) {
      findings.push({ key: `${key}.archive`, says: 'two rules have one prefix; S3 would apply either' });
    }
  }
  return findings;
}

function kubernetesFindings({ kubernetes }: AwsSettings): Finding[] {
  const findings: Finding[] = [];
  const wants = (key: string, name: string, what: string, has: (type: InstanceType) => boolean) => {
    const type = INSTANCE_TYPES[name];
    if (type === undefined) {
      findings.push({
        key,
        says: `${name} is not known here; known are: ${Object.keys(INSTANCE_TYPES).join(', ')}`,
      });
    } else if (!has(type)) {
      const fit = Object.entries(INSTANCE_TYPES)
        .filter(([, other]) => has(other))
        .map(([fitting]) => fitting);
      findings.push({ key, says: `${name} has no ${what}; these have: ${fit.join(', ')}` });
    }
  };
  wants('kubernetes.system.instanceType', kubernetes.system.instanceType, '', () => true);
  wants('kubernetes.cache.instanceType', kubernetes.cache.instanceType, 'local NVMe for the cache', (type) =>
    type.disks.some((disk) => disk.kind === 'nvme'),
  );
  wants('kubernetes.gpu.instanceType', kubernetes.gpu.instanceType, 'GPU', (type) => (type.gpus ?? 0) > 0);
  for (const [index, name] of kubernetes.copy.instanceTypes.entries()) {
    wants(`kubernetes.copy.instanceTypes[${index}]`, name, '', () => true);
  }
  const architectures = new Set(
    kubernetes.copy.instanceTypes.flatMap((name) => INSTANCE_TYPES[name]?.architecture ?? []),
  );
  if (architectures.size > 1) {
    findings.push({
      key: 'kubernetes.copy.instanceTypes',
      says: 'mixes x86_64 and arm64; a node group has one',
    });
  }
  if (kubernetes.cache.minimum > kubernetes.cache.maximum) {
    findings.push({
      key: 'kubernetes.cache.minimum',
      says: `${kubernetes.cache.minimum} is more than kubernetes.cache.maximum, ${kubernetes.cache.maximum}`,
    });
  }
  return findings;
}
type InstanceType = (typeof INSTANCE_TYPES)[string];

function databaseFindings({ database }: AwsSettings): Finding[] {
  if (database.minimumCapacity <= database.maximumCapacity) return [];
  return [
    {
      key: 'database.minimumCapacity',
      says: `${database.minimumCapacity} is more than database.maximumCapacity, ${database.maximumCapacity}`,
    },
  ];
}

/** What a rehearsal may do without, and production may not. */
function productionFindings(settings: AwsSettings): Finding[] {
  if (settings.environment !== 'prod') return [];
  const findings: Finding[] = [];
  const refuse = (condition: boolean, key: string, says: string) => {
    if (condition) findings.push({ key, says });
  };
  refuse(
    settings.keepDays < LEAST_KEEP_DAYS,
    'keepDays',
    `${settings.keepDays} is less than the ${LEAST_KEEP_DAYS} days for which S3 must be there to go back to`,
  );
  refuse(
    settings.alarmEmails.length === 0,
    'alarmEmails',
    'nobody would hear of an alarm; name at least one address',
  );
  refuse(
    settings.database.minimumCapacity === 0,
    'database.minimumCapacity',
    '0 pauses an idle database, and the hold would wait for it to wake; at least 0.5',
  );
  refuse(
    settings.database.readers === 0,
    'database.readers',
    'without one a lost writer costs minutes; at least 1',
  );
  refuse(
    settings.network.natGateways !== 'one-per-zone',
    'network.natGateways',
    'one gateway is lost with its zone; one-per-zone',
  );
  refuse(
    !settings.network.interfaceEndpoints,
    'network.interfaceEndpoints',
    'false sends what manages the nodes through NAT; true',
  );
  return findings;
}
