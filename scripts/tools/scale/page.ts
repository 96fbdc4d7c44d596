import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { INSTANCE_TYPES } from '../../../infra/aws/instance-types.ts';
import { osdsPerNode, storageRole } from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { copyWorkersPerNode } from '../../../infra/storage/workers/jobs.ts';
import { settingsOf } from '../cost/page.ts';
import { FIGURES, type Figure } from './figures.ts';
import { steps, time } from './meanwhile.ts';
import { count, hoursOf, limits, sizeOf, sum } from './model.ts';
import { rooms } from './room.ts';

export const SCALE_PAGE = path.resolve(import.meta.dirname, '../../../docs/scale.md');

const SHOWN = [1, 10, 100];
const IN_CHART = [1, 2, 3, 5, 10, 20, 50, 100];

/** The text of docs/scale.md for the stack `prod` of the checkout. */
export async function scalePage(): Promise<string> {
  const settings = await settingsOf('prod');
  const { objects, bytes } = sizeOf(settings);
  return `<!-- Written by \`npm run docs\` from Pulumi.prod.yaml and scripts/tools/scale; what is changed here is lost. -->

# How 1, 10 and 100 workers share ${count(objects / 1e6)} million objects

The bulk copy is a Kubernetes Indexed Job with as many indexes as \`syncWorkers\` says. An index is a worker and not a
share of the keys: each takes a range of keys that nobody has, by a lease in the ledger, copies it in order,
checkpoints, and takes the next, until none is left. So a slow worker holds up nobody, a lost one costs what it
did since its last checkpoint, and the number of workers can be changed with every run.

What follows is computed for the images of \`Pulumi.prod.yaml\`: ${count(objects)} objects of ${count(bytes / 1000)} kB on
average, ${count(FIGURES.bytes.value / 2 ** 40)} TiB in all. **Figures marked as assumed are to be measured** on the first day of a rehearsal; with better ones in
\`scripts/tools/scale/figures.ts\`, \`npm run docs\` computes the page anew. Objects older than ${settings.ceph.images.cold?.afterDays ?? 0} days are taken to go straight
to the cold pool (the class ${settings.ceph.images.cold?.storageClass ?? 'STANDARD'}): the hot one has room for a few per cent of them.

## The copy

${table(
  ['workers', 'nodes', 'objects/s', 'Gb/s', 'takes', '$ for nodes, at most', 'what it runs into'],
  SHOWN.map((workers) => copyRow(settings, workers)),
)}

\`\`\`mermaid
xychart-beta
  title "Hours of the copy, by number of workers"
  x-axis "workers" [${IN_CHART.join(', ')}]
  y-axis "hours" 0 --> ${Math.ceil(hoursOf(settings, 1).hours / 100) * 100}
  bar [${IN_CHART.map((workers) => Math.round(hoursOf(settings, workers).hours)).join(', ')}]
\`\`\`

${lesson(settings)}

## What limits each step

Objects a second that each part lets through; the lowest of a column is what the copy reaches.

${table(
  ['', ...SHOWN.map((workers) => `${workers}`), 'how it comes about (with 100)', 'what raises it'],
  limitRows(settings),
)}

## Does it fit?

Ceph warns at 85 % of a disk and stops writing at 95 %; a node that is lost must find room on the others of its zone.

${table(
  ['once all is copied', 'full', 'how it comes about'],
  rooms(settings).map(({ what, share, arithmetic }) => [what, `${Math.round(share * 100)} %`, arithmetic]),
)}

The rest of the hot pool is for objects younger than ${settings.ceph.images.cold?.afterDays ?? 0} days and their copies.

## What else takes its time

${table(
  ['step', 'takes', 'how it comes about', ''],
  steps(settings).map(({ what, takes, arithmetic, more }) => [what, takes, arithmetic, more]),
)}

## What this stands on

Processors, network and disks of machines are those of \`infra/ceph/instance-types.ts\`: what EC2 says that a type keeps
up for hours.

${table(
  ['figure', 'value', 'from'],
  Object.values<Figure>(FIGURES).map((figure) => [figure.what, valueOf(figure), sourceOf(figure)]),
)}
`;
}

function copyRow(settings: AwsSettings, workers: number): string[] {
  const { bytes } = sizeOf(settings);
  const { copy } = settings.kubernetes;
  const { hours, limit } = hoursOf(settings, workers);
  const nodes = Math.ceil(workers / copyWorkersPerNode(workers, copy));
  const price = Math.max(...copy.instanceTypes.map((type) => INSTANCE_TYPES[type]?.dollarsPerHour ?? NaN));
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
  const columns = SHOWN.map((workers) => limits(settings, workers));
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
  const text = `**More than ${enough} workers change nothing**: what they run into then is “${limit.what}”, ${count(limit.objectsPerSecond)} objects a second.
What raises it: ${limit.remedy}.`;
  const disks = sum(
    settings.ceph.images.nodeGroups
      .filter((group) => storageRole(group) === 'cold')
      .map((group) => group.count * osdsPerNode(group)),
  );
  if (!limit.what.startsWith('Cold pool: hard disks')) return text;
  const faster = disks * FIGURES.flashedDisk.value;
  const others = limits(settings, settings.syncWorkers).filter(({ what }) => what !== limit.what);
  const next = others[0];
  if (next === undefined) return text;
  const reached = Math.min(faster, next.objectsPerSecond);
  const needed = Array.from({ length: settings.syncWorkers }, (_, index) => index + 1).find((workers) =>
    limits(settings, workers).every(
      ({ what, objectsPerSecond }) => what === limit.what || objectsPerSecond >= reached,
    ),
  );
  return `${text}

That is what ${disks} hard disks do whose OSDs keep their metadata on the same disks. With it on flash, at the rate
that others published, as many disks would take ${disks} × ${FIGURES.flashedDisk.value.toFixed(1)} = ${count(faster)} a second; the copy would then reach
${count(reached)} a second and take **${time(sizeOf(settings).objects / reached)}**, with ${needed ?? settings.syncWorkers} workers. So measure the cold pool first: a day of copying with
${enough} workers says more than this page, and the rest of \`syncWorkers\` is worth its nodes only if the disks take more.`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function valueOf({ value, unit }: Figure): string {
  if (unit === 'bytes' && value > 2 ** 30) return `${(value / 2 ** 30).toLocaleString('en-US')} GiB`;
  if (unit === 's' && value < 1e-6) return `${Number((value * 1e9).toPrecision(2))} ns`;
  if (unit === 's' && value < 0.01) return `${Number((value * 1e6).toPrecision(2))} µs`;
  const number = value < 10 ? Number(value.toPrecision(2)).toString() : count(value);
  return unit === '' ? number : unit === '/s' ? `${number}/s` : `${number} ${unit}`;
}

function sourceOf({ source, because }: Figure): string {
  return source ?? `**assumed**: ${because ?? ''}`;
}

if (import.meta.main) await writeFile(SCALE_PAGE, await scalePage());
