import type { Database } from './database.ts';

/** A late write or delete on S3 that was not applied after the hold; its bytes are kept in quarantine. */
export type Conflict = {
  move: string;
  key: string;
  position: bigint;
  kind: 'put' | 'delete';
  sourceEtag: string | null;
  sourceSize: number | null;
  targetEtag: string | null;
  quarantineBucket: string | null;
  quarantineKey: string | null;
  reason: string;
};

export async function recordConflict(db: Database, conflict: Conflict): Promise<void> {
  await db.query(
    `INSERT INTO conflict (move, key, position, kind, source_etag, source_size, target_etag, quarantine_bucket, quarantine_key, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (move, key, position) DO NOTHING`,
    [
      conflict.move,
      conflict.key,
      conflict.position,
      conflict.kind,
      conflict.sourceEtag,
      conflict.sourceSize,
      conflict.targetEtag,
      conflict.quarantineBucket,
      conflict.quarantineKey,
      conflict.reason,
    ],
  );
}

export async function listConflicts(db: Database): Promise<(Conflict & { at: Date })[]> {
  const { rows } = await db.query<Conflict & { at: Date }>(
    `SELECT move, key, position, kind, source_etag AS "sourceEtag", source_size::float8 AS "sourceSize",
       target_etag AS "targetEtag", quarantine_bucket AS "quarantineBucket", quarantine_key AS "quarantineKey", reason, at
     FROM conflict ORDER BY id`,
  );
  return rows;
}
