import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { sizeOf } from './copy.ts';
import { indexing, storing } from './nodes.ts';
import { figure } from './figures.ts';
import { count } from './text.ts';

/** How full a kind of disks is once all is copied. */
export type Room = { what: string; share: number; arithmetic: string };

/** The fullest first. */
export function rooms(settings: AwsSettings): Room[] {
  const { nodeGroups, replicas, cold } = settings.ceph.images;
  const { objects } = sizeOf(settings);
  const small = (what: string, bytes: number, disks: number): Room => ({
    what,
    share: (objects * replicas * bytes) / disks,
    arithmetic: `${count(objects)} × ${replicas} copies × ${count(bytes)} bytes ÷ ${terabytes(disks)}`,
  });
  const all = [
    small('Indexes', figure('indexEntry'), indexing(nodeGroups).bytes),
    small('Heads of objects', figure('objectHead'), storing(nodeGroups, 'hot').bytes),
  ];
  if (cold !== undefined) {
    const chunks = cold.dataChunks + cold.codingChunks;
    const disks = storing(nodeGroups, 'cold').bytes;
    all.push({
      what: 'Cold pool',
      share: (figure('bytes') * (chunks / cold.dataChunks)) / disks,
      arithmetic: `${terabytes(figure('bytes'))} × ${chunks} ÷ ${cold.dataChunks} ÷ ${terabytes(disks)}`,
    });
  }
  return all.sort((a, b) => b.share - a.share);
}

function terabytes(bytes: number): string {
  return `${Number((bytes / 1e12).toPrecision(3))} TB`;
}
