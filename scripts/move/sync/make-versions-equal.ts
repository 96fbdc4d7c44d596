import { messageOf } from '../../contract/errors.ts';
import { isProven } from '../../ledger/proven-pairs.ts';
import { sameBytes } from '../../store/bytes.ts';
import type { StoreClient } from '../../store/client.ts';
import { compareHeads } from '../../store/compare.ts';
import { StoreError } from '../../store/errors.ts';
import { etagIsDigest, isPlainDigest, type ListedVersion } from '../../store/object.ts';
import { untilAnswered } from '../../store/unanswered.ts';
import { contentOf } from '../../store/versions.ts';
import { copyKey } from './copy-key.ts';
import type { KeyResult, SyncStores } from './stores.ts';

/**
 * Brings the history of one key to the target, under a claim on it: every version and delete marker that the
 * source has, oldest first. What of it is there already, in that order, is left; what follows is added. The target
 * loses nothing: what it has besides stays in its history.
 *
 * So a run that was killed goes on where it was, and one that is repeated adds nothing. Neither ledger nor metadata
 * need to remember which version became which: a version is known by its size and ETag, and by its metadata too
 * where two of a key have the same bytes. Where ETags cannot tell, proven pairs spare reading the bytes again.
 *
 * Holds the list of one key's versions in memory.
 *
 * @returns null where the target's latest version is then another than the source's, which is made equal like that
 *   of any key
 * @throws StoreError when versions cannot be read or written; those after them are carried all the same
 */
export async function makeVersionsEqual(sides: SyncStores, key: string): Promise<KeyResult | null> {
  const { move, source, target } = sides;
  const [ours, theirs] = await Promise.all([
    historyOf(source, move.sourceBucket, key),
    historyOf(target, move.targetBucket, key),
  ]);
  const twins = sameTwice(ours);
  const refused: { version: ListedVersion; error: StoreError }[] = [];
  let [at, carried, bytes] = [0, 0, 0];
  for (const version of ours) {
    if (carried === 0) {
      const found = await findVersion(sides, version, theirs.slice(at), twins.has(contentOf(version)));
      if (found >= 0) {
        at += found + 1;
        continue;
      }
    }
    try {
      const written = await carry(sides, version);
      if (written === null) continue;
      bytes += written;
      carried += 1;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused.push({ version, error });
    }
  }
  const [first] = refused;
  if (first !== undefined) throw incomplete(first, refused.length, ours.length);
  if (carried > 0) return { outcome: 'copied', copied: carried, copiedBytes: bytes };
  const [last, standing] = [ours.at(-1), theirs.at(-1)];
  const isLatest =
    at === theirs.length ||
    (last !== undefined && standing !== undefined && (await isSame(sides, last, standing, true)));
  return isLatest ? { outcome: 'equal', copiedBytes: 0 } : null;
}

/** Oldest first. Of delete markers in a row the first alone: RGW makes no second one. */
async function historyOf(client: StoreClient, bucket: string, key: string): Promise<ListedVersion[]> {
  const versions: ListedVersion[] = [];
  for await (const version of client.listVersions(bucket, { key })) versions.push(version);
  return versions
    .reverse()
    .filter(({ isDeleteMarker }, index, all) => !isDeleteMarker || all[index - 1]?.isDeleteMarker !== true);
}

/** Names of more than one version that has bytes: by them alone it cannot be told which one is there. */
function sameTwice(versions: readonly ListedVersion[]): Set<string> {
  const names = versions.filter(({ isDeleteMarker }) => !isDeleteMarker).map(contentOf);
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

async function findVersion(
  sides: SyncStores,
  version: ListedVersion,
  among: readonly ListedVersion[],
  isTwin: boolean,
): Promise<number> {
  for (const [index, candidate] of among.entries()) {
    if (await isSame(sides, version, candidate, isTwin)) return index;
  }
  return -1;
}

async function isSame(
  { move, source, target, assertLive, memory }: SyncStores,
  ours: ListedVersion,
  theirs: ListedVersion,
  isTwin: boolean,
): Promise<boolean> {
  if (ours.isDeleteMarker || theirs.isDeleteMarker) return ours.isDeleteMarker === theirs.isDeleteMarker;
  if (ours.size !== theirs.size) return false;
  const { key } = ours;
  const [from, to] = [{ versionId: ours.versionId }, { versionId: theirs.versionId }];
  const isTold = ours.etag === theirs.etag && isPlainDigest(ours.etag ?? '');
  if (isTold && !isTwin) return true;
  const [left, right] = await Promise.all([
    source.head(move.sourceBucket, key, from),
    target.head(move.targetBucket, key, to),
  ]);
  if (left === null || right === null) return false;
  const differs = compareHeads(left, right);
  if (differs.some((name) => name !== 'etag')) return false;
  if (differs.length > 0) {
    if (etagIsDigest(left) && etagIsDigest(right)) return false;
    const there = { ...right, ...to };
    if (!isProven(await memory.of(key), left, there)) {
      const same = await sameBytes(
        { client: source, bucket: move.sourceBucket, key, ...from },
        { client: target, bucket: move.targetBucket, key, ...to },
      );
      if (!same) return false;
      await memory.keepRead(left, there);
    }
  }
  // Tags of an upload in parts are put after it is completed: who is killed in between leaves it without.
  if ((left.tagCount ?? 0) !== (right.tagCount ?? 0)) {
    const tags = await source.tags(move.sourceBucket, key, from);
    await target.setTags(move.targetBucket, key, tags, { ...to, assertLive });
  }
  return true;
}

/** Makes it the target's latest version. @returns bytes written; null where the source has it no more */
async function carry(
  sides: SyncStores,
  { key, versionId, isDeleteMarker }: ListedVersion,
): Promise<number | null> {
  const { move, target, assertLive } = sides;
  // One before it that got no answer and was sent again may land once more: it must not land on top of this.
  await untilAnswered(target, move.targetBucket, key);
  if (isDeleteMarker) {
    await target.delete(move.targetBucket, key, { assertLive });
    return 0;
  }
  const { outcome, bytes } = await copyKey(sides, key, versionId);
  return outcome === 'gone' ? null : bytes;
}

/** Whether it is about this version. After any other error the request may still be carried out, out of turn. */
function isRefusal(error: unknown): error is StoreError {
  return error instanceof StoreError && !error.retryable && error.status >= 400;
}

function incomplete(
  { version, error }: { version: ListedVersion; error: StoreError },
  count: number,
  of: number,
): StoreError {
  const { versionId, lastModified } = version;
  return new StoreError(
    `${count} of ${of} versions could not be carried; the first is ${versionId} of ${lastModified.toISOString()}: ${messageOf(error)}`,
    { status: error.status, code: error.code, retryable: false, cause: error },
  );
}
