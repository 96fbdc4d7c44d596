import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { instanceType } from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { settingsOf } from '../cost/page.ts';
import { hoursOf, limits, nodesOf, sizeOf } from './copy.ts';
import { storing } from './nodes.ts';
import { FIGURES, figure } from './figures.ts';
import { rooms } from './room.ts';
import { steps } from './steps.ts';
import { count, table, time } from './text.ts';

export const SCALE_PAGE = path.resolve(import.meta.dirname, '../../../docs/scale.md');

const WORKERS = [1, 10, 100];

/** The text of docs/scale.md for the stack `prod` of the checkout. */
export async function scalePage(): Promise<string> {
  const settings = await settingsOf('prod');
  const { objects, bytes } = sizeOf(settings);
  const { cold } = settings.ceph.images;
  return `<!-- Written by \`npm run docs\` from Pulumi.prod.yaml and scripts/tools/scale; what is changed here is lost. -->

# How 1, 10 and 100 workers share ${count(objects / 1e6)} million objects

After reading this page you can set \`storage:syncWorkers\`, and you know what to buy if the copy must be faster:

\`\`\`sh
pulumi config set --stack prod storage:syncWorkers 10
npm run docs # computes this page again, after any change of Pulumi.prod.yaml
\`\`\`

The page is computed for the images of \`Pulumi.prod.yaml\`: ${count(objects)} objects of ${count(bytes / 1000)} kB on average,
${count(figure('bytes') / 2 ** 40)} TiB in all. **Figures marked as assumed must be measured** on the first day of a rehearsal: put yours into
\`scripts/tools/scale/figures.md\`. Objects older than ${cold?.afterDays ?? 0} days are taken to go straight to the cold pool (${cold?.storageClass ?? 'STANDARD'}).

## The copy

${table(
  ['workers', 'nodes', 'objects/s', 'Gb/s', 'takes', '$ for nodes, at most', 'limited by'],
  WORKERS.map((workers) => copyRow(settings, workers)),
)}

${lesson(settings)}

A worker is one index of a Kubernetes Indexed Job, and no fixed share of the keys: it leases a range of keys that nobody
has, copies it in order, and takes the next. A slow worker holds up nobody, a lost one costs what it did since its last
checkpoint, and each run may have another number of workers.

## What limits each step

Objects a second that each part lets through; the lowest of a column is what the copy reaches.

${table(
  ['', ...WORKERS.map((workers) => `${workers}`), 'how it is computed (with 100)', 'what raises it'],
  limitRows(settings),
)}

## Does it fit?

Ceph warns at 85 % of a disk and stops writing at 95 %; a node that is lost must find room on the others of its zone.

${table(
  ['once all is copied', 'full', 'how it is computed'],
  rooms(settings).map(({ what, share, arithmetic }) => [what, `${Math.round(share * 100)} %`, arithmetic]),
)}

The rest of the hot pool is for objects younger than ${cold?.afterDays ?? 0} days and their copies.

## What else takes its time

${table(['step', 'takes', 'how it is computed', ''], steps(settings))}

## What this is computed from

Processors, network and disks of machines are those of \`infra/aws/instance-types.ts\`: what EC2 says that a type keeps
up for hours.

${table(
  ['figure', 'value', 'from'],
  FIGURES.map(({ what, value, from }) => [what, value, from]),
)}
`;
}

function copyRow(settings: AwsSettings, workers: number): string[] {
  const { bytes } = sizeOf(settings);
  const { hours, limit } = hoursOf(settings, workers);
  const nodes = nodesOf(settings, workers);
  const types = settings.kubernetes.copy.instanceTypes;
  const price = Math.max(...types.map((type) => instanceType(type).dollarsPerHour));
  return [
    `${workers}`,
    `${nodes}`,
    count(limit.objectsPerSecond),
    ((limit.objectsPerSecond * bytes * 8) / 1e9).toFixed(1),
    time(hours * 3600),
    `${nodes} × $${price} × ${count(hours)} h = $${count(nodes * price * hours)}`,
    `${limit.what}: ${limit.arithmetic}`,
  ];
}

function limitRows(settings: AwsSettings): string[][] {
  const columns = WORKERS.map((workers) => limits(settings, workers));
  return (columns.at(-1) ?? []).map(({ what, arithmetic, remedy }) => [
    what,
    ...columns.map((column) => {
      const each = column.find((limit) => limit.what === what)?.objectsPerSecond ?? NaN;
      return column[0]?.what === what ? `**${count(each)}**` : count(each);
    }),
    arithmetic,
    remedy,
  ]);
}

/** From how many workers on more are of no use, and what would change that. */
function lesson(settings: AwsSettings): string {
  const least = hoursOf(settings, 1000).hours;
  let enough = 1;
  while (hoursOf(settings, enough).hours > least) enough += 1;
  const { limit } = hoursOf(settings, enough);
  const text = `**More than ${enough} workers change nothing**: “${limit.what}” lets ${count(limit.objectsPerSecond)} objects a second through.
What raises it: ${limit.remedy}.`;
  if (limit.what !== 'Cold pool: hard disks') return text;
  const { osds } = storing(settings.ceph.images.nodeGroups, 'cold');
  const flashed = osds * figure('putsPerFlashedDisk');
  const others = limits(settings, settings.syncWorkers).filter(({ what }) => what !== limit.what);
  const reached = Math.min(flashed, ...others.map(({ objectsPerSecond }) => objectsPerSecond));
  return `${text}

With flash, at the rate that others published, ${osds} disks take ${osds} × ${figure('putsPerFlashedDisk')} = ${count(flashed)} objects a second: the copy would take
**${time(sizeOf(settings).objects / reached)}**. So measure the cold pool first. A day of copying with ${enough} workers says more than this page, and more
workers are worth their nodes only if the disks take more.`;
}

if (import.meta.main) await writeFile(SCALE_PAGE, await scalePage());
