import type { Database } from './database.ts';
import type { DocumentKind } from '../contract/names.ts';

/** A document of a source bucket as it was right before we changed it. */
export type KeptDocument = {
  bucket: string;
  kind: DocumentKind;
  /** null: the bucket had none. */
  document: string | null;
  keptAt: Date;
};

/** Keeps a document for good; the same one of a bucket only once. */
export async function keepDocument(
  db: Database,
  bucket: string,
  kind: DocumentKind,
  document: string | null,
): Promise<void> {
  await db.query(
    'INSERT INTO source_document (bucket, kind, document) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [bucket, kind, document],
  );
}

/** In the order in which they were kept: a bucket's first of a kind is the customer's own. */
export async function listKeptDocuments(db: Database): Promise<KeptDocument[]> {
  const { rows } = await db.query<KeptDocument>(
    'SELECT bucket, kind, document, kept_at AS "keptAt" FROM source_document ORDER BY id',
  );
  return rows;
}

/** Records that we are about to switch EventBridge on for a bucket where it is off. */
export async function recordBridgeOn(db: Database, bucket: string): Promise<void> {
  await db.query('INSERT INTO event_bridge_switched_on (bucket) VALUES ($1) ON CONFLICT DO NOTHING', [
    bucket,
  ]);
}

/** Whether it is on because we switched it on. */
export async function isBridgeOurs(db: Database, bucket: string): Promise<boolean> {
  const { rows } = await db.query('SELECT 1 FROM event_bridge_switched_on WHERE bucket = $1', [bucket]);
  return rows.length > 0;
}

export async function forgetBridge(db: Database, bucket: string): Promise<void> {
  await db.query('DELETE FROM event_bridge_switched_on WHERE bucket = $1', [bucket]);
}
