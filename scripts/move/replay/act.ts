import { createHash } from 'node:crypto';
import type { Claims } from '../../ledger/claims.ts';
import { copyObject } from '../../store/copying.ts';
import type { CopyResult } from '../../store/copy-request.ts';
import { untilAnswered } from '../../store/unanswered.ts';
import type { Action } from './decide.ts';
import type { ReplayStores } from './stores.ts';
import { QUARANTINE_BUCKET } from '../../contract/names.ts';

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
    if (action.do !== 'quarantine') await untilAnswered(target, targetBucket, where.key);
    else
      await untilAnswered(target, QUARANTINE_BUCKET, quarantineKey(where.move, where.key, action.position));
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
        await target.delete(targetBucket, key, { assertLive });
      }
      return {};
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

/** `<move>/<key>/<position>`; a key that is too long for that is named by its digest. */
export function quarantineKey(move: string, key: string, position: bigint): string {
  const plain = `${move}/${key}/${position}`;
  if (Buffer.byteLength(plain) <= MAX_KEY_BYTES) return plain;
  return `${move}/sha256-${createHash('sha256').update(key).digest('hex')}/${position}`;
}
