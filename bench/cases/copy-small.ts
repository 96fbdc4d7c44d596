import { contest, medianOf, ratio, type Run } from '../contest.ts';
import { CopyEntrants } from '../entrants.ts';
import { fill, smallObjects } from '../objects.ts';
import { client, place, rclone, s5cmd } from '../peers.ts';
import { atLeast, atMost, COMMON, commonCells, type Result } from '../result.ts';
import type { Bench } from '../bench.ts';

const AT_ONCE = 32;
const KIB = 1024;
const FROM = 'bench-small';

/** Small objects from one RGW to another: what most of an image store is. */
export async function copySmall({ stand, tools, rounds, scale, log }: Bench): Promise<Result> {
  const sizes = [Math.round(4000 * scale), 4 * KIB, 128 * KIB] as const;
  const objects = smallObjects(...sizes);
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  const { source, target } = stand;
  await fill(source, FROM, objects);
  const entrants = new CopyEntrants(stand, FROM, AT_ONCE);
  const stores = { source: place(source), target: place(target) };
  const standings = await contest(
    [
      entrants.migrate('migrate sync', 'bench-small-migrate'),
      entrants.migrate('migrate sync, ACLs ignored', 'bench-small-plain', 'ignore'),
      entrants.of('rclone copy', 'bench-small-rclone', () =>
        rclone(
          stand,
          tools.rclone,
          ...['copy', `source:${FROM}`, 'target:bench-small-rclone'],
          ...['--transfers', String(AT_ONCE), '--checkers', String(AT_ONCE)],
        ),
      ),
      entrants.of(
        's5cmd cp',
        'bench-small-s5cmd',
        () =>
          s5cmd(
            stand,
            tools.s5cmd,
            source,
            ...['--numworkers', String(AT_ONCE), 'cp', `s3://${FROM}/*`, 's3://bench-small-s5cmd/'],
          ),
        source,
      ),
      entrants.of('@aws-sdk/client-s3', 'bench-small-sdk', () =>
        client(stand, 'sdk-copy', { ...stores, from: FROM, to: 'bench-small-sdk', atOnce: AT_ONCE }),
      ),
      entrants.of('floor: PUTs alone', 'bench-small-floor', () =>
        client(stand, 'put-floor', {
          target: stores.target,
          to: 'bench-small-floor',
          sizes,
          atOnce: AT_ONCE,
        }),
      ),
      {
        name: 'floor: GETs alone',
        run: () => client(stand, 'get-floor', { source: stores.source, from: FROM, sizes, atOnce: AT_ONCE }),
      },
    ],
    { rounds, stand, log },
  );
  const [migrated, plain, rcloned, , , puts, gets] = standings;
  if (!migrated || !plain || !rcloned || !puts || !gets) throw new Error('a contestant is missing');
  const wall = (run: Run) => run.seconds;
  const processor = (run: Run) => run.cpuSeconds;
  const both = medianOf(puts, wall) + medianOf(gets, wall);
  return {
    title: 'Copy of small objects, RGW to RGW',
    work: `${objects.length} objects of 4–128 KiB (${(bytes / 1e6).toFixed(0)} MB), ${AT_ONCE} at a time, into an empty bucket; each copy is compared with its source afterwards.`,
    columns: [...COMMON, 'objects/s', 'processor ms an object'],
    rows: standings.map((standing) => [
      ...commonCells(standing),
      (objects.length / medianOf(standing, (run) => run.seconds)).toFixed(0),
      ((medianOf(standing, (run) => run.cpuSeconds) / objects.length) * 1000).toFixed(2),
    ]),
    goals: [
      atLeast('objects/s beside rclone', 1.2, ratio(rcloned, migrated, wall)),
      atLeast('objects/s beside the floor of PUTs', 0.88, ratio(puts, migrated, wall)),
      atMost('processor beside rclone', 0.6, ratio(migrated, rcloned, processor)),
      atLeast('ACLs ignored: objects/s beside rclone', 1.2, ratio(rcloned, plain, wall)),
      atLeast('ACLs ignored: objects/s beside the floor of PUTs', 0.88, ratio(puts, plain, wall)),
      atMost('ACLs ignored: processor beside rclone', 0.6, ratio(plain, rcloned, processor)),
    ],
    notes: [
      's5cmd knows one endpoint: it copies within the source, by server-side copy, and moves no bytes itself.',
      'rclone, s5cmd and the SDK copy neither ACLs nor tags. migrate copies both and asks for each object’s ACL, a third of its requests; with `acls: ignore` on both sides, as where S3’s buckets have ACLs off, its work is theirs.',
      `The floors have one request an object and write no ledger. Where the stores share the processors, as here, a copy pays for both: ${both.toFixed(2)} s, which is ${(medianOf(puts, wall) / both).toFixed(2)} × the speed of PUTs alone.`,
    ],
  };
}
