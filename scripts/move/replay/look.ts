import type { MoveState } from '../../ledger/move.ts';
import { OUR_VERSION, STRAGGLER, WRITERS_BEFORE_HOLD } from '../../contract/names.ts';
import { isProven, type ProvenPair } from '../../ledger/proven-pairs.ts';
import { sameBytes } from '../../store/bytes.ts';
import { compareHeads, compareObjects, describe, sameContent } from '../../store/compare.ts';
import { etagIsDigest, type ListedVersion, type ObjectHead } from '../../store/object.ts';
import { childrenOf, parseXml, textOf } from '../../store/xml.ts';
import type { PairMemory } from '../common/pair-memory.ts';
import type { SourceState, TargetHistory, TargetState } from './decide.ts';
import type { ReplayStores } from './stores.ts';

/** A key on both sides. */
export type Sight = { source: SourceState; target: TargetState; history: TargetHistory };

const NO_HISTORY: TargetHistory = { entries: 0, hasSource: false, etags: [], intruder: null, ours: false };

/**
 * Looks at both sides of a key.
 *
 * @param depth `heads` compares what HEAD tells (tags by their number, no ACLs): right after a copy, which
 *   has set those itself. `all` asks for tags and ACLs where the heads are equal.
 */
export async function look(
  sides: ReplayStores,
  memory: PairMemory,
  key: string,
  writesGoTo: MoveState['writesGoTo'],
  depth: 'heads' | 'all',
): Promise<Sight> {
  const [there, here] = await heads(sides, key, writesGoTo);
  let pairs = await knownPairs(memory, there, here, writesGoTo);
  let differs = there === null || here === null ? null : compareWithTagCount(there, here);
  if (there !== null && here !== null && differs?.join() === 'etag') {
    const proof = await explainEtag(sides, memory, { source: there, target: here, pairs, writesGoTo });
    if (proof !== null) [differs, pairs] = [[], proof];
  }
  if (differs?.length === 0 && depth === 'all') differs = await compareWhole(sides, key, pairs);
  return {
    source: there === null ? null : { etag: there.etag, size: there.size },
    target: { current: here === null ? null : { etag: here.etag }, differs },
    history: writesGoTo === 'source' ? NO_HISTORY : await readHistory(sides, key, there, pairs),
  };
}

/** Of most keys none are asked for: their ETags tell all. */
async function knownPairs(
  memory: PairMemory,
  source: ObjectHead | null,
  target: ObjectHead | null,
  writesGoTo: MoveState['writesGoTo'],
): Promise<readonly ProvenPair[]> {
  if (source === null || source.etag === target?.etag) return [];
  if (etagIsDigest(source) && (target === null || etagIsDigest(target))) return [];
  return target === null && writesGoTo === 'source' ? [] : memory.of(source.key);
}

/**
 * Where S3 is the truth and has the object, it is copied if Ceph shows none: that Ceph has none need not be proven,
 * and of most keys that are replayed it has none.
 */
async function heads(
  { source, sourceBucket, target, targetBucket }: ReplayStores,
  key: string,
  writesGoTo: MoveState['writesGoTo'],
): Promise<[ObjectHead | null, ObjectHead | null]> {
  const proof = writesGoTo === 'target';
  const [there, here] = await Promise.all([
    source.head(sourceBucket, key),
    target.head(targetBucket, key, { proof }),
  ]);
  const mustProve = !proof && there === null && here === null;
  return [there, mustProve ? await target.head(targetBucket, key) : here];
}

function compareWithTagCount(source: ObjectHead, target: ObjectHead): string[] {
  const differs = compareHeads(source, target);
  return (source.tagCount ?? 0) === (target.tagCount ?? 0) ? differs : [...differs, 'tags'];
}

async function compareWhole(
  sides: ReplayStores,
  key: string,
  pairs: readonly ProvenPair[],
): Promise<string[] | null> {
  const [source, target] = await Promise.all([
    describe(sides.source, sides.sourceBucket, key),
    describe(sides.target, sides.targetBucket, key),
  ]);
  if (source === null || target === null) return null;
  const differs = compareObjects(source, target);
  return isProven(pairs, source.head, target.head) ? differs.filter((name) => name !== 'etag') : differs;
}

/**
 * An ETag that is no digest can differ where the bytes are the same: as it was proven before, or else they are read.
 * Not before the turn, where a copy proves as much for half of that.
 *
 * @returns the pairs that prove it; null where they are not known as the same
 */
async function explainEtag(
  sides: ReplayStores,
  memory: PairMemory,
  { source, target, pairs, writesGoTo }: Opaque,
): Promise<readonly ProvenPair[] | null> {
  if (etagIsDigest(source) && etagIsDigest(target)) return null;
  if (isProven(pairs, source, target)) return pairs;
  if (writesGoTo === 'source') return null;
  const same = await sameBytes(
    { client: sides.source, bucket: sides.sourceBucket, key: source.key, etag: source.etag },
    { client: sides.target, bucket: sides.targetBucket, key: target.key, etag: target.etag },
  );
  return same ? [...pairs, await memory.keepRead(source, target)] : null;
}
type Opaque = {
  source: ObjectHead;
  target: ObjectHead;
  pairs: readonly ProvenPair[];
  writesGoTo: MoveState['writesGoTo'];
};

/** Every version and delete marker that the key has on Ceph. */
async function readHistory(
  sides: ReplayStores,
  key: string,
  source: ObjectHead | null,
  pairs: readonly ProvenPair[],
): Promise<TargetHistory> {
  const versions: ListedVersion[] = [];
  for await (const version of sides.target.listVersions(sides.targetBucket, { key })) versions.push(version);
  let hasSource = false;
  for (const version of versions) {
    hasSource ||= source !== null && (await isState(sides, version, source, pairs));
  }
  return {
    entries: versions.length,
    hasSource,
    etags: versions.flatMap(({ etag }) => etag ?? []),
    intruder: await findIntruder(sides, key, versions),
    ours: await isOurs(sides, versions),
  };
}

/** Whether this version is the state that S3's object is in: bytes, content headers and metadata. */
async function isState(
  sides: ReplayStores,
  version: ListedVersion,
  source: ObjectHead,
  pairs: readonly ProvenPair[],
): Promise<boolean> {
  const { versionId, key, etag = '' } = version;
  if (version.isDeleteMarker || version.size !== source.size) return false;
  if (etag !== source.etag && !isProven(pairs, source, { etag, versionId })) return false;
  const head = await sides.target.head(sides.targetBucket, key, { versionId });
  return head !== null && sameContent(source, { ...head, etag: source.etag });
}

/**
 * The current version, if replay wrote it over something: the condition it is written on lets a delete
 * marker pass, and a worker killed right after that PUT could not take it back.
 */
async function findIntruder(
  sides: ReplayStores,
  key: string,
  versions: ListedVersion[],
): Promise<string | null> {
  const latest = versions.find((version) => version.isLatest);
  if (versions.length < 2 || latest === undefined || latest.isDeleteMarker) return null;
  return (await ownerOf(sides, latest)) === STRAGGLER ? latest.versionId : null;
}

/**
 * Whether the key has one version, and the migration wrote it before the turn. Its owner says so too: a gateway
 * that has not heard of versioning yet would write a client's object without an id.
 */
async function isOurs(sides: ReplayStores, versions: ListedVersion[]): Promise<boolean> {
  const [only] = versions;
  if (versions.length !== 1 || only?.versionId !== OUR_VERSION || only.isDeleteMarker) return false;
  const owner = await ownerOf(sides, only);
  return WRITERS_BEFORE_HOLD.some((writer) => writer === owner);
}

/** The user who wrote a version. */
async function ownerOf(
  { target, targetBucket }: ReplayStores,
  { key, versionId }: ListedVersion,
): Promise<string | undefined> {
  const query = { acl: '', versionId };
  const answer = await target.send({ method: 'GET', bucket: targetBucket, key, query });
  const [owner] = childrenOf(parseXml(answer.text, 'AccessControlPolicy'), 'Owner');
  return owner === undefined ? undefined : textOf(owner, 'ID');
}
