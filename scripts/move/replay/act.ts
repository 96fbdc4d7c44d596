import { createHash } from 'node:crypto';
import type { Claims } from '../../ledger/claims.ts';
import { copyObject } from '../../store/copying.ts';
import type { CopyResult } from '../../store/copy-request.ts';
import { untilAnswered } from '../../store/unanswered.ts';
import type { Action } from './decide.ts';
import type { ReplayStores } from './stores.ts';
import { OUR_VERSION, QUARANTINE_BUCKET } from '../../contract/names.ts';

/** Bytes of UTF-8 that a key may have. */
const MAX_KEY_BYTES = 1024;

/** What an action did, for the conflict's row and for the check that follows. */
export type Deed = {
  /** Where something was copied. */
  copied?: CopyResult;
  /** Where the bytes are kept, and what they are. */
  quarantine?: { bucket: string; key: string; etag: string; bytes: number };
};

/**
 * Carries an action out, under the key's claim, and waits until nothing of it can land any more that got no
 * answer: who looks next sees how it ended. Throws StoreError, or LeaseLost.
 */
export async function act(
  sides: ReplayStores,
  claims: Pick<Claims, 'assertLive'>,
  where: { move: string; key: string },
  action: Action,
): Promise<Deed> {
  const { target, targetBucket } = sides;
  try {
    return await carryOut(sides, claims, where, action);
  } finally {
    if ('position' in action)
      await untilAnswered(target, QUARANTINE_BUCKET, quarantineKey(where.move, where.key, action.position));
    if (action.do !== 'quarantine') await untilAnswered(target, targetBucket, where.key);
  }
}

async function carryOut(
  sides: ReplayStores,
  claims: Pick<Claims, 'assertLive'>,
  where: { move: string; key: string },
  action: Action,
): Promise<Deed> {
  const { target, targetBucket } = sides;
  const { key } = where;
  const assertLive = () => claims.assertLive();
  const request = { ...sides, key, assertLive };
  switch (action.do) {
    case 'nothing':
      return {};
    case 'copy': {
      const copied = await copyObject(request);
      return copied.outcome === 'gone' ? {} : { copied };
    }
    case 'apply': {
      const copied = await copyObject({ ...request, ifNoneMatch: '*' });
      return copied.outcome === 'gone' ? {} : { copied };
    }
    case 'delete':
      // The last look may be a while ago: a client may have written the key again.
      if ((await sides.source.head(sides.sourceBucket, key)) === null) {
        const { versionId } = action;
        await target.delete(targetBucket, key, { ...(versionId !== undefined && { versionId }), assertLive });
      }
      return {};
    case 'replace':
      return replace(sides, { ...request, move: where.move }, action);
    case 'withdraw':
      await target.delete(targetBucket, key, { versionId: action.versionId, assertLive });
      return {};
    case 'quarantine': {
      const targetKey = quarantineKey(where.move, key, action.position);
      const copy = await copyObject({ ...request, targetBucket: QUARANTINE_BUCKET, targetKey });
      const { etag, bytes } = copy;
      return copy.outcome === 'gone'
        ? {}
        : { quarantine: { bucket: QUARANTINE_BUCKET, key: targetKey, etag, bytes } };
    }
  }
}

/**
 * Puts S3's object in the place of the version that we wrote. Exactly that version goes first, and the new one is
 * written on condition that no object is there: where a gateway does not heed that, what covers a client's write is
 * withdrawn (`decide`). The bytes are on Ceph before ours go, so the key is missing for two requests only.
 */
async function replace(
  sides: ReplayStores,
  request: { move: string; key: string; assertLive: () => void },
  action: Extract<Action, { do: 'replace' }>,
): Promise<Deed> {
  const { source, sourceBucket, target, targetBucket } = sides;
  const { move, key, assertLive } = request;
  const staged = quarantineKey(move, key, action.position);
  const copy = await copyObject({
    ...sides,
    key,
    targetBucket: QUARANTINE_BUCKET,
    targetKey: staged,
    assertLive,
  });
  // What was copied is what was decided about only if S3 still has it.
  const now = await source.head(sourceBucket, key);
  if (copy.outcome === 'gone' || now?.etag !== action.etag) return {};
  await target.delete(targetBucket, key, { versionId: OUR_VERSION, assertLive });
  const placed = await copyObject({
    source: target,
    sourceBucket: QUARANTINE_BUCKET,
    key: staged,
    target,
    targetBucket,
    targetKey: key,
    ifNoneMatch: '*',
    assertLive,
  });
  await target.delete(QUARANTINE_BUCKET, staged, { assertLive });
  // Two copies, each of which has proven its bytes.
  const { sourceEtag } = copy;
  return { copied: { ...placed, sourceEtag, etagReproduced: placed.etag === sourceEtag } };
}

/** `<move>/<key>/<position>`; a key that is too long for that is named by its digest. */
export function quarantineKey(move: string, key: string, position: bigint): string {
  const plain = `${move}/${key}/${position}`;
  if (Buffer.byteLength(plain) <= MAX_KEY_BYTES) return plain;
  return `${move}/sha256-${createHash('sha256').update(key).digest('hex')}/${position}`;
}
