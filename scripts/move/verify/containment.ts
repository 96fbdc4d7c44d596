import { type Environment, type Move } from '../../contract/environment.ts';
import { listWaivers, type Certificate } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { isProven } from '../../ledger/proven-pairs.ts';
import { readMove } from '../../ledger/move.ts';
import { commitHorizon } from '../../ledger/operations.ts';
import { sameBytes } from '../../store/bytes.ts';
import { compareHeads, type Described } from '../../store/compare.ts';
import { StoreError } from '../../store/errors.ts';
import { etagIsDigest, type ObjectHead } from '../../store/object.ts';
import { compareKey, EXTRA, type Comparison } from '../common/compare-key.ts';
import { CertificateDraft } from './draft.ts';
import { PairMemory } from '../common/pair-memory.ts';
import { mapInOrder } from './in-order.ts';
import { unexplainedOnTarget } from './only-on-target.ts';
import { keysOf } from './scan.ts';
import type { VerifyOptions } from './parity.ts';
import { openPair, type Pair } from '../common/pair.ts';

/**
 * How an object of S3 is contained in what Ceph has:
 * - `equal`: the same object is there;
 * - `superseded`: it is in the key's history there, and a client's later write or delete follows it;
 * - `quarantined`: a straggler's write, recorded as a conflict, its bytes kept in quarantine;
 * - `waived`: it is not, and somebody named it as one that need not be;
 * - `unexplained`: none of these;
 * - `only on target`: S3 has no such object, and Ceph may have one: a client wrote it, or nobody removed it.
 */
export type Containment =
  'equal' | 'superseded' | 'quarantined' | 'waived' | 'unexplained' | 'only on target';
type Judged = Comparison & { containment: Containment };

/**
 * Proves that nothing of S3 would be lost with it: every object there is equal on Ceph, superseded by an
 * operation that Ceph recorded (the target bucket is versioned since the cutover), or kept in quarantine. An
 * object that is missing without such a record is a finding, and so is one that only Ceph has though no client
 * wrote it: S3 never told of its deletion. The horizon is noted before the listings, so any later operation on S3
 * makes the certificate stale.
 *
 * @param options.detail goes into the document as it is
 */
export async function takeContainmentCertificate(
  environment: Environment,
  ledger: Pool,
  move: Move,
  options: Pick<VerifyOptions, 'full' | 'progress'> & { detail?: Record<string, unknown> } = {},
): Promise<Certificate> {
  const pair = await openPair(environment, move);
  try {
    const full = options.full ?? false;
    const horizon = await commitHorizon(ledger);
    const { epoch } = await readMove(ledger);
    const draft = new CertificateDraft(
      environment,
      'containment',
      move,
      await listWaivers(ledger, move.name),
    );
    const classes: Record<Containment, number> = {
      equal: 0,
      superseded: 0,
      quarantined: 0,
      waived: 0,
      unexplained: 0,
      'only on target': 0,
    };
    const memory = new PairMemory(ledger, move.name);
    const judged = mapInOrder(keysOf(pair), pair.concurrency, (key) =>
      judge({ pair, ledger, memory }, key, { full, waived: draft.waives(key) }),
    );
    let keys = 0;
    for await (const object of judged) {
      keys += 1;
      if (keys % 1000 === 0) options.progress?.(keys);
      classes[object.containment] += 1;
      const unproven = object.containment === 'unexplained' || object.containment === 'waived';
      await draft.take(unproven ? object : { ...object, differs: [] });
    }
    options.progress?.(keys);
    return await draft.record(ledger, {
      epoch,
      horizon,
      detail: { ...options.detail, scope: 'both', full, classes },
    });
  } finally {
    await pair.close();
  }
}

type Sides = { pair: Pair; ledger: Pool; memory: PairMemory };

async function judge(
  sides: Sides,
  key: string,
  options: { full: boolean; waived: boolean },
): Promise<Judged> {
  const { pair, memory } = sides;
  const comparison = await compareKey(pair, key, { full: options.full, memory });
  if (comparison.differs.length === 0) return { ...comparison, containment: 'equal' };
  if (comparison.differs.includes(EXTRA)) return judgeExtra(sides, comparison, options.waived);
  const explained = await explain(sides, key, comparison.source);
  if ('containment' in explained) return { ...comparison, ...explained };
  if (options.waived) return { ...comparison, containment: 'waived' };
  const differs = [...comparison.differs, explained.unexplained];
  return { ...comparison, differs, containment: 'unexplained' };
}

async function judgeExtra({ pair, ledger }: Sides, comparison: Comparison, waived: boolean): Promise<Judged> {
  const wrong = await unexplainedOnTarget(pair, ledger, comparison.key);
  if (wrong === null) return { ...comparison, containment: 'only on target' };
  const containment = waived ? 'waived' : 'unexplained';
  return { ...comparison, differs: [...comparison.differs, wrong], containment };
}

/** How Ceph explains that it does not have this object, or in words that it does not. */
type Explained = { containment: 'superseded' | 'quarantined' } | { unexplained: string };

async function explain(sides: Sides, key: string, source: Described | null): Promise<Explained> {
  const none = { unexplained: 'no record of a later write or delete on Ceph' };
  if (source === null) return none;
  try {
    if (await isSuperseded(sides, key, source)) return { containment: 'superseded' };
    return (await isQuarantined(sides, key, source)) ? { containment: 'quarantined' } : none;
  } catch (error) {
    // What may not be read there proves nothing.
    if (error instanceof StoreError && error.status === 403)
      return { unexplained: `could not look: ${error.message}` };
    throw error;
  }
}

/** Whether Ceph's own history has this object, and something newer after it. */
async function isSuperseded({ pair, memory }: Sides, key: string, source: Described): Promise<boolean> {
  const bucket = pair.move.targetBucket;
  for await (const version of pair.target.listVersions(bucket, { key })) {
    if (version.isLatest || version.isDeleteMarker || version.size !== source.head.size) continue;
    const { versionId } = version;
    const head = await pair.target.head(bucket, key, { versionId });
    if (head === null) continue;
    if (await isKeptAs(pair, source.head, { bucket, key, versionId, head }, memory)) return true;
  }
  return false;
}

/** Whether a conflict was recorded for exactly this object, and its bytes are where the record says. */
async function isQuarantined({ pair, ledger }: Sides, key: string, source: Described): Promise<boolean> {
  const { rows } = await ledger.query<{ bucket: string; key: string }>(
    `SELECT quarantine_bucket AS bucket, quarantine_key AS key FROM conflict
     WHERE move = $1 AND key = $2 AND kind = 'put' AND source_etag = $3
       AND quarantine_bucket IS NOT NULL AND quarantine_key IS NOT NULL ORDER BY id DESC`,
    [pair.move.name, key, source.head.etag],
  );
  for (const aside of rows) {
    const head = await pair.target.head(aside.bucket, aside.key);
    if (head !== null && (await isKeptAs(pair, source.head, { ...aside, head }))) return true;
  }
  return false;
}

type Kept = { bucket: string; key: string; versionId?: string; head: ObjectHead };

/**
 * Whether what Ceph keeps there is the source's object: bytes, headers and metadata. Not tags and ACL,
 * which RGW does not tell of a version that is not the latest.
 *
 * @param memory of pairs, where what is kept is a version of the key itself
 */
async function isKeptAs(pair: Pair, source: ObjectHead, kept: Kept, memory?: PairMemory): Promise<boolean> {
  const differs = compareHeads(source, kept.head);
  if (differs.length === 0) return true;
  // The copy of an object of parts may be one piece: then only its bytes can tell.
  const opaque = !(etagIsDigest(source) && etagIsDigest(kept.head));
  if (differs.some((name) => name !== 'etag') || !opaque) return false;
  const { versionId } = kept;
  const version = { ...kept.head, ...(versionId !== undefined && { versionId }) };
  if (memory !== undefined && isProven(await memory.of(source.key), source, version)) return true;
  const same = await sameBytes(
    { client: pair.source, bucket: pair.move.sourceBucket, key: source.key, etag: source.etag },
    { client: pair.target, bucket: kept.bucket, key: kept.key, versionId },
  );
  if (same) await memory?.keepRead(source, version);
  return same;
}
