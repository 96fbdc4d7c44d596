import type { Database } from './database.ts';

/**
 * An object of the source and one of the target that were proven to have the same bytes although their ETags cannot
 * tell. It says nothing of any other ETag, size or version, nor of headers, metadata, tags and grants.
 */
export type ProvenPair = {
  key: string;
  sourceEtag: string;
  /** Bytes. */
  sourceSize: number;
  targetEtag: string;
  /** `null` where the bucket is not versioned. */
  targetVersion: string;
  /** All bytes of both were read, or the target's digest of each part is that of what was read for it. */
  provenBy: 'bytes' | 'part digests';
};

/** The id of a version that was written while its bucket was not versioned, as stores name it or leave it out. */
const UNVERSIONED = 'null';

/** What a store says of an object's version, in a pair. */
export function versionOf({ versionId }: { versionId?: string | undefined }): string {
  return versionId ?? UNVERSIONED;
}

/** Whether a pair is of exactly these two objects. */
export function isProven(
  pairs: readonly ProvenPair[],
  source: { etag: string; size: number },
  target: { etag: string; versionId?: string | undefined },
): boolean {
  const version = versionOf(target);
  return pairs.some(
    (pair) =>
      pair.sourceEtag === source.etag &&
      pair.sourceSize === source.size &&
      pair.targetEtag === target.etag &&
      pair.targetVersion === version,
  );
}

/** The pairs of these keys, by key; a key without any is not in it. */
export async function readPairs(
  db: Database,
  move: string,
  keys: readonly string[],
): Promise<Map<string, ProvenPair[]>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<ProvenPair>(
    `SELECT key, source_etag AS "sourceEtag", source_size::float8 AS "sourceSize", target_etag AS "targetEtag",
       target_version AS "targetVersion", proven_by AS "provenBy"
     FROM proven_pair WHERE move = $1 AND key = ANY($2::text[]) ORDER BY key, target_version`,
    [move, keys],
  );
  return Map.groupBy(rows, ({ key }) => key);
}

/** Keeps pairs by one statement. What was known of the same version at the target is replaced. */
export async function recordPairs(db: Database, move: string, pairs: readonly ProvenPair[]): Promise<void> {
  if (pairs.length === 0) return;
  // One row a version, in one order everywhere: two processes that keep the same ones must not wait for each other.
  const byVersion = new Map(pairs.map((pair) => [JSON.stringify([pair.key, pair.targetVersion]), pair]));
  const rows = [...byVersion.keys()].sort().flatMap((id) => byVersion.get(id) ?? []);
  await db.query(
    `INSERT INTO proven_pair (move, key, source_etag, source_size, target_etag, target_version, proven_by)
     SELECT $1, p.* FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[]) AS p
     ON CONFLICT (move, key, target_version) DO UPDATE SET source_etag = EXCLUDED.source_etag,
       source_size = EXCLUDED.source_size, target_etag = EXCLUDED.target_etag, proven_by = EXCLUDED.proven_by,
       proven_at = now()`,
    [
      move,
      rows.map(({ key }) => key),
      rows.map(({ sourceEtag }) => sourceEtag),
      rows.map(({ sourceSize }) => sourceSize),
      rows.map(({ targetEtag }) => targetEtag),
      rows.map(({ targetVersion }) => targetVersion),
      rows.map(({ provenBy }) => provenBy),
    ],
  );
}
