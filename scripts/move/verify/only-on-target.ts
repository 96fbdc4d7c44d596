import { OUR_VERSION } from '../../contract/names.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { sinceTurn } from './since.ts';
import type { Pair } from '../common/pair.ts';

/**
 * Why a key that only Ceph has should not be there, in words; null where it may be. A client's version, or a
 * marker, says that a client wrote the key after the turn. Where the only version is ours, S3 must have lost the
 * object to somebody that the log knows: a straggler's delete is a recorded conflict, a lifecycle rule's an event.
 * Otherwise it was deleted before the hold and S3 never told: a deleted object that is served.
 */
export async function unexplainedOnTarget(pair: Pair, ledger: Pool, key: string): Promise<string | null> {
  const versions: { versionId: string }[] = [];
  for await (const version of pair.target.listVersions(pair.move.targetBucket, { key })) {
    versions.push(version);
  }
  if (versions.length === 0 || versions.some(({ versionId }) => versionId !== OUR_VERSION)) return null;
  const { rows } = await ledger.query(
    `SELECT 1 FROM conflict WHERE move = $1 AND key = $2 AND kind = 'delete'
     UNION ALL SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND kind = 'expire' LIMIT 1`,
    [pair.move.name, key],
  );
  if (rows.length > 0) return null;
  const { cutoverAt } = await readMove(ledger);
  return `no client wrote it, and S3 has told of no delete${sinceTurn(cutoverAt)}`;
}
