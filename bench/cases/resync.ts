import type { Bench } from '../bench.ts';
import { contest, medianOf, ratio } from '../contest.ts';
import { assertCopied, fill, smallObjects } from '../objects.ts';
import { client, migrate, place, rclone } from '../peers.ts';
import { atMost, COMMON, commonCells, type Result } from '../result.ts';

const FROM = 'bench-many';
const AT_ONCE = 32;

/** The same again when nothing has changed: what a second, third and last pass cost. */
export async function resync({ stand, tools, rounds, scale, log }: Bench): Promise<Result> {
  const objects = smallObjects(Math.round(50_000 * scale), 512, 2048);
  const { source, target } = stand;
  await fill(source, FROM, objects);
  const sync = { workers: 1, concurrency: AT_ONCE, keysPerShard: 100_000 };
  const { file } = await stand.migration({ source: FROM, target: 'bench-many-migrate' }, sync);
  const flags = ['--transfers', String(AT_ONCE), '--checkers', String(AT_ONCE)];
  const sides = [`source:${FROM}`, 'target:bench-many-rclone'];
  // Each finds the copy that it made itself, with whatever it keeps there for the next time.
  await target.client.createBucket('bench-many-migrate');
  await target.client.createBucket('bench-many-rclone');
  log('  first copies, not measured');
  await migrate(stand, 'sync', '--environment', file);
  await rclone(stand, tools.rclone, 'sync', ...sides, ...flags);
  const standings = await contest(
    [
      { name: 'migrate sync', run: () => migrate(stand, 'sync', '--environment', file) },
      { name: 'rclone sync', run: () => rclone(stand, tools.rclone, 'sync', ...sides, ...flags) },
      {
        name: 'rclone sync --checksum',
        run: () => rclone(stand, tools.rclone, 'sync', '--checksum', ...sides, ...flags),
      },
      {
        name: 'floor: one listing pass of both',
        run: () =>
          client(stand, 'list-floor', {
            source: place(source),
            target: place(target),
            from: FROM,
            to: 'bench-many-migrate',
          }),
      },
    ],
    { rounds, stand, log },
  );
  await assertCopied({ side: source, bucket: FROM }, { side: target, bucket: 'bench-many-migrate' });
  const [migrated, byTime, byChecksum, floor] = standings;
  if (!migrated || !byTime || !byChecksum || !floor) throw new Error('a contestant is missing');
  const seconds = (of: typeof migrated, to: typeof migrated) => ratio(of, to, (run) => run.seconds);
  return {
    title: 'Run again, nothing changed',
    work: `${objects.length} objects that are equal on both sides.`,
    columns: [...COMMON, 'objects/s'],
    rows: standings.map((standing) => [
      ...commonCells(standing),
      (objects.length / medianOf(standing, (run) => run.seconds)).toFixed(0),
    ]),
    goals: [
      atMost('time beside rclone sync', 0.1, seconds(migrated, byTime)),
      atMost('time beside rclone sync --checksum', 1, seconds(migrated, byChecksum)),
      { text: 'time beside the floor', figure: seconds(migrated, floor).toFixed(2), met: true },
    ],
    notes: [
      'rclone sync compares modification times, which it keeps in metadata and reads by one HEAD an object and side.',
      'migrate writes into its ledger how far it is, so that a killed run goes on; rclone begins again.',
    ],
  };
}
