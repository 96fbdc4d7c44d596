import { copyObject } from '../../store/copying.ts';
import type { CopyResult } from '../../store/copy-request.ts';
import type { SyncStores } from './stores.ts';

/**
 * Copies the source's object, or one version of it, to the target's bucket, where nobody else uploads. Keeps what
 * the copy has proven where its ETag cannot tell.
 *
 * @param versionId becomes the target's latest; default: the latest of the source
 */
export async function copyKey(sides: SyncStores, key: string, versionId?: string): Promise<CopyResult> {
  const { move, source, target, assertLive, memory } = sides;
  const copy = await copyObject({
    source,
    sourceBucket: move.sourceBucket,
    target,
    targetBucket: move.targetBucket,
    key,
    ...(versionId !== undefined && { versionId }),
    assertLive,
    ownsTarget: true,
    coldClass: move.coldClass,
  });
  await memory.keepCopy(key, copy);
  return copy;
}
