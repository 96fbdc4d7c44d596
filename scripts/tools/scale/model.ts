import { INSTANCE_TYPES } from '../../../infra/aws/instance-types.ts';
import { osdsPerNode, storageRole } from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { COPY_CONCURRENCY } from '../../../infra/storage/environment-document.ts';
import { copyWorkersPerNode } from '../../../infra/storage/workers/jobs.ts';
import { FIGURES } from './figures.ts';

/** Something that the copy runs into. */
export type Limit = {
  what: string;
  objectsPerSecond: number;
  /** How the figure comes about. */
  arithmetic: string;
  /** What would raise it. */
  remedy: string;
};

const value = (name: keyof typeof FIGURES): number => FIGURES[name].value;
const GIGABIT = 1e9 / 8;

/** Objects of the bulk copy, and their mean size in bytes. */
export function sizeOf(settings: AwsSettings): { objects: number; bytes: number } {
  const objects = settings.ceph.images.objectsExpected;
  return { objects, bytes: value('bytes') / objects };
}

/** All limits of the copy of the images with so many workers, the lowest first. */
export function limits(settings: AwsSettings, workers: number): Limit[] {
  return [
    ...workerLimits(settings, workers),
    ...sourceLimits(),
    ...gatewayLimits(settings),
    ...diskLimits(settings),
    ledgerLimit(),
  ].sort((a, b) => a.objectsPerSecond - b.objectsPerSecond);
}

/** What the copy takes with so many workers, in hours, and what it runs into. */
export function hoursOf(settings: AwsSettings, workers: number): { hours: number; limit: Limit } {
  const [limit] = limits(settings, workers);
  if (limit === undefined) throw new TypeError('nothing limits the copy');
  return { hours: sizeOf(settings).objects / limit.objectsPerSecond / 3600, limit };
}

function workerLimits(settings: AwsSettings, workers: number): Limit[] {
  const { bytes } = sizeOf(settings);
  const { copy } = settings.kubernetes;
  const waiting = value('firstByte') + value('put');
  const processor = value('workerProcessor') + Math.max(0, bytes - 52_000) * value('workerBytes');
  const perNode = copyWorkersPerNode(workers, copy);
  const nodes = Math.min(Math.ceil(workers / perNode), copy.maximum);
  const gigabits = Math.min(...copy.instanceTypes.map(networkOf));
  return [
    {
      what: 'Workers: what they have under way',
      objectsPerSecond: (workers * COPY_CONCURRENCY) / waiting,
      arithmetic: `${workers} × ${COPY_CONCURRENCY} at once ÷ (${value('firstByte')} s GET + ${value('put')} s PUT)`,
      remedy: 'more workers',
    },
    {
      what: 'Workers: their processor',
      objectsPerSecond: workers / processor,
      arithmetic: `${workers} ÷ ${(processor * 1000).toFixed(2)} ms an object`,
      remedy: 'more workers',
    },
    {
      what: 'Workers’ nodes: network',
      objectsPerSecond: (nodes * gigabits * GIGABIT) / bytes,
      arithmetic: `${nodes} nodes (${perNode} workers each) × ${gigabits} Gb/s ÷ ${kilobytes(bytes)}`,
      remedy: '`kubernetes.copy`: more or larger nodes',
    },
  ];
}

function sourceLimits(): Limit[] {
  return [
    {
      what: 'S3: GET',
      objectsPerSecond: value('partitions') * value('getsPerPrefix'),
      arithmetic: `${value('partitions')} × ${count(value('getsPerPrefix'))}/s`,
      remedy:
        'S3 splits a partition that is asked for this much within minutes to hours; until then it says SlowDown, and workers back off',
    },
  ];
}

function gatewayLimits(settings: AwsSettings): Limit[] {
  const { bytes } = sizeOf(settings);
  const groups = settings.ceph.images.nodeGroups.filter(({ roles }) => roles.includes('gateway'));
  const nodes = sum(groups.map((group) => group.count));
  const gigabits = sum(groups.map((group) => group.count * networkOf(group.instanceType)));
  return [
    {
      what: 'RGW: PUT',
      objectsPerSecond: nodes * value('putsPerGateway'),
      arithmetic: `${nodes} gateways × ${count(value('putsPerGateway'))}/s`,
      remedy: 'more nodes with the role `gateway`',
    },
    {
      what: 'RGW: network',
      objectsPerSecond: (gigabits * GIGABIT) / bytes,
      arithmetic: `${gigabits} Gb/s ÷ ${kilobytes(bytes)}`,
      remedy: 'more or larger nodes with the role `gateway`',
    },
  ];
}

function diskLimits(settings: AwsSettings): Limit[] {
  const { nodeGroups, cold, replicas } = settings.ceph.images;
  const { bytes } = sizeOf(settings);
  const having = (role: string) => nodeGroups.filter((group) => storageRole(group) === role);
  const disks = (role: string) => sum(having(role).map((group) => group.count * osdsPerNode(group)));
  const index = disks('hottest') > 0 ? 'hottest' : 'hot';
  const flash = (what: string, role: string, writes: number, why: string): Limit => ({
    what,
    objectsPerSecond: (disks(role) * value('writesPerFlash')) / (replicas * writes),
    arithmetic: `${disks(role)} NVMe × ${count(value('writesPerFlash'))}/s ÷ ${replicas} copies × ${writes} (${why})`,
    remedy: `more nodes with the role \`${role}\``,
  });
  const limits = [
    flash('Indexes', index, 2, 'the entry is prepared and completed'),
    flash('Heads of objects', 'hot', 1, 'an object of another class keeps its head in STANDARD'),
  ];
  if (cold === undefined) return limits;
  const chunks = cold.dataChunks + cold.codingChunks;
  const gigabits = sum(having('cold').map((group) => group.count * networkOf(group.instanceType)));
  // Once into the first OSD, and from it to the others.
  const copies = 1 + (chunks - 1) / cold.dataChunks;
  return [
    ...limits,
    {
      what: 'Cold pool: hard disks',
      objectsPerSecond: (disks('cold') * value('writesPerHardDisk')) / (value('writesPerChunk') * chunks),
      arithmetic: `${disks('cold')} disks × ${value('writesPerHardDisk')}/s ÷ (${value('writesPerChunk')} × ${chunks} chunks)`,
      remedy: 'more disks with the role `cold`, or flash for the OSDs’ metadata',
    },
    {
      what: 'Cold pool: network',
      objectsPerSecond: (gigabits * GIGABIT) / (copies * bytes),
      arithmetic: `${gigabits} Gb/s ÷ (${copies.toFixed(2)} × ${kilobytes(bytes)})`,
      remedy: 'more or larger nodes with the role `cold`',
    },
  ];
}

function ledgerLimit(): Limit {
  return {
    what: 'Ledger: claims and checkpoints',
    objectsPerSecond: (value('ledgerCommits') / value('commitsPerBatch')) * value('keysPerBatch'),
    arithmetic: `${count(value('ledgerCommits'))}/s ÷ ${value('commitsPerBatch')} × ${value('keysPerBatch')} keys`,
    remedy: '`database.maximumCapacity`',
  };
}

function networkOf(type: string): number {
  return INSTANCE_TYPES[type]?.networkGbps ?? NaN;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** With three digits that mean something: nobody knows more. */
export function count(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function kilobytes(bytes: number): string {
  return `${count(bytes / 1000)} kB`;
}
