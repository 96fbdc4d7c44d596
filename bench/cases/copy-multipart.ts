import { createHash } from 'node:crypto';
import type { Bench } from '../bench.ts';
import { contest, medianOf, ratio } from '../contest.ts';
import { CopyEntrants } from '../entrants.ts';
import { bytesOf } from '../objects.ts';
import { rclone } from '../peers.ts';
import { atLeast, COMMON, commonCells, type Result } from '../result.ts';
import type { Side } from '../stand.ts';

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const FROM = 'bench-parts';

/** Big objects of many parts, whose copies must have the same ETag: the same part boundaries. */
export async function copyMultipart({ stand, tools, rounds, scale, log }: Bench): Promise<Result> {
  const [count, size] = [4, Math.max(2, Math.round(32 * scale)) * PART];
  await fillParts(stand.source, count, size);
  const entrants = new CopyEntrants(stand, FROM, count);
  const standings = await contest(
    [
      entrants.migrate('migrate sync', 'bench-parts-migrate'),
      entrants.of('rclone copy', 'bench-parts-rclone', () =>
        rclone(
          stand,
          tools.rclone,
          ...['copy', `source:${FROM}`, 'target:bench-parts-rclone', '--transfers', '4'],
          // Its default of 5 MiB would give other ETags; four parts at once is its default.
          ...['--s3-chunk-size', '16Mi', '--s3-upload-concurrency', '4', '--s3-upload-cutoff', '16Mi'],
        ),
      ),
    ],
    { rounds, stand, log },
  );
  const [migrated, rcloned] = standings;
  if (migrated === undefined || rcloned === undefined) throw new Error('a contestant is missing');
  const megabytes = (count * size) / 1e6;
  return {
    title: 'Copy of objects of many parts, ETags kept',
    work: `${count} objects of ${size / MIB} MiB in parts of ${PART / MIB} MiB, four objects at a time, four parts of each.`,
    columns: [...COMMON, 'MB/s', 'processor s a GB'],
    rows: standings.map((standing) => [
      ...commonCells(standing),
      (megabytes / medianOf(standing, (run) => run.seconds)).toFixed(0),
      (medianOf(standing, (run) => run.cpuSeconds) / (megabytes / 1000)).toFixed(2),
    ]),
    goals: [
      atLeast(
        'bytes/s beside rclone',
        1.1,
        ratio(rcloned, migrated, (run) => run.seconds),
      ),
    ],
    notes: [
      'rclone gets the part size by hand; it does not look for the boundaries that the source has. migrate finds them.',
    ],
  };
}

async function fillParts({ client }: Side, count: number, size: number): Promise<void> {
  await client.createBucket(FROM);
  for (let index = 0; index < count; index += 1) {
    const key = `archives/${String(index)}.tar`;
    if ((await client.head(FROM, key))?.size === size) continue;
    const uploadId = await client.createUpload(FROM, key, { headers: { contentType: 'application/x-tar' } });
    const parts = [];
    for (let partNumber = 1; partNumber <= size / PART; partNumber += 1) {
      const piece = bytesOf({ key: `${key} ${String(partNumber)}`, size: MIB / 2 });
      const body = Buffer.concat(Array.from({ length: PART / piece.length }, () => piece));
      await client.uploadPart(FROM, key, { uploadId, partNumber, body, contentLength: PART });
      parts.push({ partNumber, etag: createHash('md5').update(body).digest('hex') });
    }
    await client.completeUpload(FROM, key, { uploadId, parts });
  }
}
