import path from 'node:path';
import { execa } from 'execa';
import type { Bench } from '../bench.ts';
import type { Run, Standing } from '../contest.ts';
import { medianOf } from '../contest.ts';
import type { Usage } from '../measured.ts';
import { migrate, rclone } from '../peers.ts';
import { atMost, COMMON, commonCells, type Result } from '../result.ts';
import type { Side } from '../stand.ts';

const MILLION = 1_000_000;
/** More than there are: rclone keeps the directory in memory. */
const IN_MEMORY = ['--list-cutoff', String(100 * MILLION)];
const SERVER = path.join(import.meta.dirname, '../clients/listing-server.ts');

/** Listings that hold more keys than memory should: time must grow with them, memory must not. */
export async function merge({ stand, tools, scale, log }: Bench): Promise<Result> {
  const one = Math.round(MILLION * scale);
  const standings: Standing[] = [];
  const enter = async (
    name: string,
    keys: number,
    runs: number,
    run: () => Promise<Usage>,
  ): Promise<void> => {
    const all: Run[] = [];
    for (let count = 0; count < runs; count += 1) all.push({ ...(await run()), storesCpuSeconds: NaN });
    standings.push({ name: `${name}, ${(keys / MILLION).toFixed(2)} M keys`, runs: all });
    log(`  ${name}, ${keys} keys: ${all.map(({ seconds }) => seconds.toFixed(1)).join(', ')} s`);
  };
  const sync = { workers: 1, concurrency: 32, keysPerShard: 100_000 };
  for (const keys of [one, 10 * one]) {
    await withListing(stand, keys, async (listed) => {
      await enter('migrate sync', keys, keys === one ? 3 : 1, async () => {
        const { file } = await listed.migration({ source: 'bench', target: 'bench' }, sync);
        return migrate(stand, 'sync', '--environment', file);
      });
      if (keys > one) return;
      await enter('rclone sync --checksum', keys, 3, () =>
        rclone(listed, tools.rclone, 'sync', '--checksum', ...IN_MEMORY, 'source:bench', 'target:bench'),
      );
    });
  }
  const [small, peer, large] = standings;
  if (!small || !peer || !large) throw new Error('a run is missing');
  const seconds = (standing: Standing) => medianOf(standing, (run) => run.seconds);
  return {
    title: 'Merge of two listings',
    work: 'A server that makes up a flat listing takes the place of both stores, and both are equal. The ten-fold is run once.',
    columns: [...COMMON, 'thousand keys/s'],
    rows: standings.map((standing, index) => [
      ...commonCells(standing),
      ((index === 2 ? 10 * one : one) / seconds(standing) / 1000).toFixed(0),
    ]),
    goals: [
      atMost(
        'peak MiB at the ten-fold',
        150,
        medianOf(large, (run) => run.peakMiB),
      ),
      atMost(
        'time of the ten-fold, over ten times the one-fold',
        1.2,
        seconds(large) / (10 * seconds(small)),
      ),
    ],
    notes: [
      'rclone holds a directory in memory; a flat bucket is one directory. Where keys have directories it needs less. From a million objects a directory on it sorts them on disk instead, and then asks for each by HEAD, on either side: it did not end within seven minutes, so it is told to stay in memory (--list-cutoff).',
      'V8 collects late where it may: with an old space of 64 MiB (--max-old-space-size) the ten-fold was done as well and peaked at 143 MiB, for a third more processor. Nothing is kept that grows with the keys.',
    ],
  };
}

/** A stand whose two stores are one listing. */
async function withListing(
  stand: Bench['stand'],
  keys: number,
  work: (listed: Bench['stand']) => Promise<void>,
): Promise<void> {
  const server = execa(process.execPath, [SERVER, String(keys)], { reject: false });
  try {
    const port = await new Promise<string>((resolve) => {
      server.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
    });
    const at = (side: Side): Side => ({
      ...side,
      endpoint: { ...side.endpoint, endpoint: `http://127.0.0.1:${port}` },
    });
    await work(stand.with(at(stand.source), at(stand.target)));
  } finally {
    server.kill();
    await server;
  }
}
