import {
  instanceType,
  storageRole,
  type StorageRole,
} from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { FIGURES } from './figures.ts';
import { count, sizeOf, sum } from './model.ts';

/** What the whole of the images takes of a kind of disks. */
export type Room = { what: string; share: number; arithmetic: string };

/** How full the disks are once all is copied, the fullest first. */
export function rooms(settings: AwsSettings): Room[] {
  const { nodeGroups, replicas, cold } = settings.ceph.images;
  const { objects } = sizeOf(settings);
  const bytesOf = (role: StorageRole) =>
    sum(
      nodeGroups
        .filter((group) => storageRole(group) === role)
        .flatMap(({ instanceType: type, count: nodes }) =>
          instanceType(type).disks.map((disks) => nodes * disks.count * disks.gigabytes * 1e9),
        ),
    );
  const small = (what: string, role: StorageRole, each: number): Room => ({
    what,
    share: (objects * replicas * each) / bytesOf(role),
    arithmetic: `${count(objects)} × ${replicas} copies × ${count(each)} bytes ÷ ${terabytes(bytesOf(role))}`,
  });
  const index: StorageRole = bytesOf('hottest') > 0 ? 'hottest' : 'hot';
  const all = [
    small('Indexes', index, FIGURES.indexEntry.value),
    small('Heads of objects', 'hot', FIGURES.objectHead.value),
  ];
  if (cold !== undefined) {
    const chunks = cold.dataChunks + cold.codingChunks;
    all.push({
      what: 'Cold pool',
      share: (FIGURES.bytes.value * (chunks / cold.dataChunks)) / bytesOf('cold'),
      arithmetic: `${terabytes(FIGURES.bytes.value)} × ${chunks} ÷ ${cold.dataChunks} ÷ ${terabytes(bytesOf('cold'))}`,
    });
  }
  return all.sort((a, b) => b.share - a.share);
}

function terabytes(bytes: number): string {
  return `${Number((bytes / 1e12).toPrecision(3))} TB`;
}
