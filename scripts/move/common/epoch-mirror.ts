import { type Environment, type StoreEndpoint } from '../../contract/environment.ts';
import {
  APPLICATIONS,
  EPOCH_KEY,
  MIGRATION,
  QUARANTINE_BUCKET,
  targetEpochKey,
} from '../../contract/names.ts';
import { UserError } from '../../contract/errors.ts';
import { log } from '../../contract/log.ts';
import { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import type { Database } from '../../ledger/database.ts';

/**
 * The move's epoch, kept in both stores too. A ledger that was restored from a backup taken before a turn
 * names an earlier one: it would send the applications back to a store that is behind, so nothing but verify
 * may act by it.
 */

type Place = { endpoint: StoreEndpoint; user: string; bucket: string; key: string };

function placesOf({ source, targets, moves }: Environment): Place[] {
  return moves.flatMap(({ sourceBucket, targetCluster, targetBucket }) => {
    const endpoint = targets[targetCluster];
    if (endpoint === undefined) throw new Error(`No target named ${targetCluster}`);
    const key = targetEpochKey(targetBucket);
    return [
      { endpoint, user: APPLICATIONS, bucket: QUARANTINE_BUCKET, key },
      { endpoint: source, user: MIGRATION, bucket: sourceBucket, key: EPOCH_KEY },
    ];
  });
}

/**
 * Writes an epoch to both stores, before anything of its turn is carried out. May be repeated. A source that
 * refuses (its writes may be denied by then) is logged; a target that does throws StoreError.
 *
 * @throws UserError (exit 1) where a store knows a later epoch
 */
export async function mirrorEpoch(environment: Environment, epoch: bigint): Promise<void> {
  // The ledger may have been replaced since it was found current: never back to an earlier epoch.
  const mirrored = await highestEpoch(environment);
  if (mirrored > epoch) throw restored(epoch, mirrored);
  for (const place of placesOf(environment)) {
    await withClient(environment, place, async (client) => {
      const body = Buffer.from(`${epoch}\n`);
      await client.put(place.bucket, place.key, body, { headers: { contentType: 'text/plain' } });
    }).catch((error: unknown) => {
      const isRefusal = error instanceof StoreError && error.status === 403;
      if (place.user === APPLICATIONS || !isRefusal) throw error;
      log.warn({ bucket: place.bucket, reason: error.message }, 'the epoch is not mirrored on S3');
    });
  }
}

/**
 * Whether the ledger is the one by which the applications turned last. One whose turn is not carried out yet
 * is ahead of the stores, and right.
 *
 * @throws UserError (exit 1) where a store knows a later epoch; StoreError where none could be asked
 */
export async function assertLedgerIsCurrent(environment: Environment, ledger: Database): Promise<void> {
  await assertIsCurrent(environment, await readMove(ledger));
}

/** Guards a value that was read earlier: the ledger may have been restored since. */
export async function assertIsCurrent(
  environment: Environment,
  { epoch, phase }: Pick<MoveState, 'epoch' | 'phase'>,
): Promise<void> {
  const mirrored = await highestEpoch(environment).catch((error: unknown) => {
    if (phase === 'none') return 0n; // preflight says in plain words what is not there yet
    throw error;
  });
  if (mirrored <= epoch) return;
  if (environment.name === 'standalone') {
    throw new UserError(
      `These buckets belong to a move whose applications have turned (epoch ${mirrored}): their writes would be undone. ` +
        "Nothing was changed. Work with that move's own environment: --environment FILE",
      { exitCode: 1 },
    );
  }
  throw restored(epoch, mirrored);
}

function restored(epoch: bigint, mirrored: bigint): UserError {
  return new UserError(
    `The ledger is in epoch ${epoch}, and the stores have been in ${mirrored}: it was restored from a backup of ` +
      'before the applications turned. Nothing was changed, and nothing but migrate verify acts by it. Restore a ' +
      'later one; or find out where the applications write (their parameter), and set the ledger right by hand: ' +
      'docs/proof.md, "A ledger from a backup".',
    { exitCode: 1 },
  );
}

/**
 * 0 where none was ever written. A place that is not there or may not be read says nothing; one of them must
 * answer, and one that gives trouble may be the only one that knows.
 */
async function highestEpoch(environment: Environment): Promise<bigint> {
  const answers = await Promise.allSettled(
    placesOf(environment).map((place) =>
      withClient(environment, place, (client) => readEpoch(client, place)),
    ),
  );
  const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const failures = answers.filter((answer) => answer.status === 'rejected');
  const failed = failures.find(({ reason }) => known.length === 0 || !saysNothing(reason));
  if (failed !== undefined) throw failed.reason as Error;
  return known.reduce((highest, epoch) => (epoch > highest ? epoch : highest), 0n);
}

/** Whether a place is not there, or is none that we may read. */
function saysNothing(error: unknown): boolean {
  return error instanceof StoreError && (error.status === 403 || error.code === 'NoSuchBucket');
}

async function readEpoch(client: StoreClient, { bucket, key }: Place): Promise<bigint> {
  const found = await client.get(bucket, key);
  if (found === null) return 0n;
  const chunks: Buffer[] = [];
  for await (const chunk of found.body) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString().trim();
  if (!/^\d+$/.test(text)) throw new UserError(`${bucket}/${key} is no epoch: ${JSON.stringify(text)}`);
  return BigInt(text);
}

async function withClient<T>(
  { bounds }: Environment,
  { endpoint, user }: Place,
  work: (client: StoreClient) => Promise<T>,
): Promise<T> {
  const { requestSeconds } = bounds;
  const client = await StoreClient.open(endpoint, user, { requestSeconds, connections: 1 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
