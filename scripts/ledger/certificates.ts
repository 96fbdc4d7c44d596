import { onlyRow } from './connect.ts';
import type { Database } from './database.ts';

/** A key that is not proven equal, and in what: `size`, `etag`, `metadata`, `missing at the target`, … */
export type Finding = { key: string; differs: string[] };

/** What a certificate's document says of its findings. */
export type FindingsDocument = {
  total: number;
  /** The first ones. */
  listed: Finding[];
  /** All of them, one JSON object a line; only where not all are listed. */
  file?: string;
};

export type CertificateKind = 'base' | 'parity' | 'containment';
export type Certificate = {
  id: bigint;
  kind: CertificateKind;
  move: string;
  at: Date;
  epoch: bigint;
  /** Every operation whose transaction is below this is covered. */
  horizon: string;
  findings: number;
  document: Record<string, unknown>;
};

/** When both listings were last merged for a certificate. */
export type Listed = {
  /** A horizon that was noted before. */
  from: string;
  /** When the merge had ended, in ISO 8601. */
  at: string;
};

/** A certificate of the touched keys alone goes on from its parent's listings. */
export function listedOf({ document, horizon, at }: Certificate): Listed {
  return (document['listed'] as Listed | undefined) ?? { from: horizon, at: at.toISOString() };
}

export async function recordCertificate(
  db: Database,
  certificate: Omit<Certificate, 'id' | 'at'>,
): Promise<bigint> {
  const { rows } = await db.query<{ id: bigint }>(
    `INSERT INTO certificate (kind, move, epoch, horizon, findings, document)
     VALUES ($1, $2, $3, $4::xid8, $5, $6) RETURNING id`,
    [
      certificate.kind,
      certificate.move,
      certificate.epoch,
      certificate.horizon,
      certificate.findings,
      JSON.stringify(certificate.document),
    ],
  );
  return onlyRow(rows).id;
}

/** The newest certificate of a kind, whatever it found. */
export async function latestCertificate(
  db: Database,
  kind: CertificateKind,
  move: string,
): Promise<Certificate | null> {
  const { rows } = await db.query<Certificate>(
    `SELECT id, kind, move, at, epoch, horizon::text, findings::float8, document
     FROM certificate WHERE kind = $1 AND move = $2 ORDER BY id DESC LIMIT 1`,
    [kind, move],
  );
  return rows[0] ?? null;
}

/** A key that a person lets differ: it is not expired at the end. */
export type Waiver = { move: string; key: string; reason: string; namedBy: string; at: Date };

export async function listWaivers(db: Database, move: string): Promise<Waiver[]> {
  const { rows } = await db.query<Waiver>(
    `SELECT move, key, reason, named_by AS "namedBy", at FROM waiver WHERE move = $1 ORDER BY key`,
    [move],
  );
  return rows;
}

export async function recordWaiver(db: Database, waiver: Omit<Waiver, 'at'>): Promise<void> {
  await db.query(
    `INSERT INTO waiver (move, key, reason, named_by) VALUES ($1, $2, $3, $4)
     ON CONFLICT (move, key) DO UPDATE SET reason = EXCLUDED.reason, named_by = EXCLUDED.named_by, at = now()`,
    [waiver.move, waiver.key, waiver.reason, waiver.namedBy],
  );
}
