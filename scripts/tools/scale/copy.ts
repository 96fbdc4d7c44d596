import { instanceType } from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { COPY_CONCURRENCY } from '../../../infra/storage/environment-document.ts';
import { copyWorkersPerNode } from '../../../infra/storage/workers/jobs.ts';
import { figure } from './figures.ts';
import { indexing, storing, together } from './nodes.ts';
import { count } from './text.ts';

/** Something that the copy runs into, how its figure is computed, and what would raise it. */
export type Limit = { what: string; objectsPerSecond: number; arithmetic: string; remedy: string };

/** Objects of the bulk copy, and their mean size in bytes. */
export function sizeOf(settings: AwsSettings): { objects: number; bytes: number } {
  const objects = settings.ceph.images.objectsExpected;
  return { objects, bytes: figure('bytes') / objects };
}

/** What the copy takes with so many workers, in hours, and what it runs into. */
export function hoursOf(settings: AwsSettings, workers: number): { hours: number; limit: Limit } {
  const [limit] = limits(settings, workers);
  if (limit === undefined) throw new TypeError('nothing limits the copy');
  return { hours: sizeOf(settings).objects / limit.objectsPerSecond / 3600, limit };
}

/** How many nodes so many workers get. */
export function nodesOf({ kubernetes: { copy } }: AwsSettings, workers: number): number {
  return Math.min(Math.ceil(workers / copyWorkersPerNode(workers, copy)), copy.maximum);
}

/** All limits of the copy of the images with so many workers, the lowest first. */
export function limits(settings: AwsSettings, workers: number): Limit[] {
  const { nodeGroups, replicas, cold } = settings.ceph.images;
  const { bytes } = sizeOf(settings);
  const gateways = together(nodeGroups.filter(({ roles }) => roles.includes('gateway'))).nodes;
  const processor = figure('workerProcessor') + Math.max(0, bytes - 52_000) * figure('workerBytes');
  const flash = (what: string, osds: number, writes: number): Limit => ({
    what,
    objectsPerSecond: (osds * figure('writesPerFlash')) / (replicas * writes),
    arithmetic: `${osds} NVMe × ${count(figure('writesPerFlash'))}/s ÷ ${replicas} copies × ${writes}`,
    remedy: 'more nodes with the role `hottest` (indexes) or `hot`',
  });
  const all: Limit[] = [
    {
      what: 'Workers: objects in flight',
      objectsPerSecond: (workers * COPY_CONCURRENCY) / (figure('firstByte') + figure('put')),
      arithmetic: `${workers} × ${COPY_CONCURRENCY} ÷ (${figure('firstByte')} s GET + ${figure('put')} s PUT)`,
      remedy: 'more workers',
    },
    {
      what: 'Workers: processor',
      objectsPerSecond: workers / processor,
      arithmetic: `${workers} ÷ ${(processor * 1000).toFixed(2)} ms an object`,
      remedy: 'more workers',
    },
    {
      what: 'S3: GET',
      objectsPerSecond: figure('gets'),
      arithmetic: `${count(figure('gets'))}/s`,
      remedy: 'S3 itself, within minutes to hours; until then it says SlowDown, and workers back off',
    },
    {
      what: 'RGW: PUT',
      objectsPerSecond: gateways * figure('putsPerGateway'),
      arithmetic: `${gateways} gateways × ${count(figure('putsPerGateway'))}/s`,
      remedy: 'more nodes with the role `gateway`',
    },
    flash('Indexes', indexing(nodeGroups).osds, 2),
    flash('Heads of objects', storing(nodeGroups, 'hot').osds, 1),
    network(settings, workers),
  ];
  if (cold !== undefined) {
    const { osds } = storing(nodeGroups, 'cold');
    const chunks = cold.dataChunks + cold.codingChunks;
    all.push({
      what: 'Cold pool: hard disks',
      objectsPerSecond: (osds * figure('writesPerHardDisk')) / (figure('writesPerChunk') * chunks),
      arithmetic: `${osds} disks × ${figure('writesPerHardDisk')}/s ÷ (${figure('writesPerChunk')} × ${chunks} chunks)`,
      remedy: 'more disks with the role `cold`, or flash for the OSDs’ metadata',
    });
  }
  return all.sort((a, b) => a.objectsPerSecond - b.objectsPerSecond);
}

/** The narrowest network on the way. */
function network(settings: AwsSettings, workers: number): Limit {
  const { nodeGroups, cold } = settings.ceph.images;
  const { bytes } = sizeOf(settings);
  const ofWorker = settings.kubernetes.copy.instanceTypes.map((type) => instanceType(type).networkGbps);
  const gateways = nodeGroups.filter(({ roles }) => roles.includes('gateway'));
  // Into the cold pool an object goes once to the first OSD, and from it in chunks to the others.
  const copies = cold === undefined ? 1 : 1 + (cold.dataChunks + cold.codingChunks - 1) / cold.dataChunks;
  const ways = [
    { of: 'the workers’ nodes', gigabits: nodesOf(settings, workers) * Math.min(...ofWorker) },
    { of: 'the gateways', gigabits: together(gateways).gigabits },
    ...(cold === undefined
      ? []
      : [{ of: 'the cold pool', gigabits: storing(nodeGroups, 'cold').gigabits / copies }]),
  ];
  const narrowest = ways.reduce((a, b) => (b.gigabits < a.gigabits ? b : a));
  return {
    what: 'Network',
    objectsPerSecond: (narrowest.gigabits * 1e9) / 8 / bytes,
    arithmetic: `${narrowest.of}: ${count(narrowest.gigabits)} Gb/s ÷ ${count(bytes / 1000)} kB`,
    remedy: 'more or larger nodes there',
  };
}
