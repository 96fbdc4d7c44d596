import type { CertificateRow, ProvenPairRow } from './tables.ts';
import { since, touched } from './operations.ts';
import { byBytes, text, type Statement } from './statement.ts';

/** Certificates, proven pairs, and what is asked of the log to judge them. */
export const PROOF_STATEMENTS: readonly Statement[] = [
  [
    `INSERT INTO certificate (kind, move, epoch, horizon, findings, document)
     VALUES ($1, $2, $3, $4::xid8, $5, $6) RETURNING id`,
    ({ tables, now, nextId }, [kind, move, epoch, horizon, findings, document]) => {
      const row: CertificateRow = {
        id: nextId('certificate'),
        kind: text(kind),
        move: text(move),
        at: now,
        epoch: BigInt(text(epoch)),
        horizon: BigInt(text(horizon)),
        findings: Number(findings),
        document: JSON.parse(text(document)) as Record<string, unknown>,
      };
      tables.certificate = [...tables.certificate, row];
      return [{ id: row.id }];
    },
  ],
  [
    `SELECT id, kind, move, at, epoch, horizon::text, findings::float8, document
     FROM certificate WHERE kind = $1 AND move = $2 ORDER BY id DESC LIMIT 1`,
    ({ tables }, [kind, move]) =>
      tables.certificate
        .filter((row) => row.kind === kind && row.move === move)
        .slice(-1)
        .map((row) => ({ ...row, at: new Date(row.at), horizon: String(row.horizon) })),
  ],
  [
    `SELECT o.key, bool_or(o.retired_at IS NULL) AS open,
            bool_or(o.retired_at IS NULL AND f.key IS NOT NULL) AS "givenUp",
            bool_or(o.transaction >= $3::xid8) AS "touchedLately",
            (min(o.transaction) FILTER (WHERE o.retired_at IS NULL))::text AS "openSince"
     FROM operation o
     LEFT JOIN failed_key f ON f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.attempts >= $4
     WHERE o.move = $1 AND o.key = ANY($2::text[]) AND o.kind <> 'canary' GROUP BY o.key`,
    (context, [move, keys, lately, attempts]) => {
      const rows = touched(context, move, '0').filter(({ key }) => (keys as string[]).includes(key));
      const byKey = Map.groupBy(rows, ({ key }) => key);
      return [...byKey].map(([key, all]) => {
        const open = all.filter(({ retiredAt }) => retiredAt === null);
        const givenUp = context.tables.failedKey.some(
          (row) =>
            row.move === move &&
            row.key === key &&
            row.stage === 'replay' &&
            row.attempts >= Number(attempts),
        );
        const oldest = open.reduce<bigint | null>(
          (least, { transaction }) => (least === null || transaction < least ? transaction : least),
          null,
        );
        return {
          key,
          open: open.length > 0,
          givenUp: open.length > 0 && givenUp,
          touchedLately: all.some(({ transaction }) => transaction >= BigInt(text(lately))),
          openSince: oldest === null ? null : String(oldest),
        };
      });
    },
  ],
  [
    `SELECT count(*)::int AS n FROM operation
     WHERE move = $1 AND transaction >= $2::xid8 AND kind NOT IN ('canary', 'expire')`,
    (context, [move, horizon]) => [
      { n: touched(context, move, horizon).filter(({ kind }) => kind !== 'expire').length },
    ],
  ],
  [
    'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS seconds',
    ({ now }, [at]) => [{ seconds: since(now, at) }],
  ],
  [
    'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS quiet',
    ({ now }, [at]) => [{ quiet: since(now, at) }],
  ],
  [
    `SELECT key, source_etag AS "sourceEtag", source_size::float8 AS "sourceSize", target_etag AS "targetEtag",
       target_version AS "targetVersion", proven_by AS "provenBy"
     FROM proven_pair WHERE move = $1 AND key = ANY($2::text[]) ORDER BY key, target_version`,
    ({ tables }, [move, keys]) =>
      tables.provenPair
        .filter((row) => row.move === move && (keys as string[]).includes(row.key))
        .toSorted((a, b) => byBytes(a.key, b.key) || byBytes(a.targetVersion, b.targetVersion))
        .map(({ move: _, provenAt: __, ...row }) => row),
  ],
  [
    `INSERT INTO proven_pair (move, key, source_etag, source_size, target_etag, target_version, proven_by)
     SELECT $1, p.* FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[]) AS p
     ON CONFLICT (move, key, target_version) DO UPDATE SET source_etag = EXCLUDED.source_etag,
       source_size = EXCLUDED.source_size, target_etag = EXCLUDED.target_etag, proven_by = EXCLUDED.proven_by,
       proven_at = now()`,
    ({ tables, now }, [move, ...columns]) => {
      const [keys = [], ...others] = columns as unknown[][];
      const rows = keys.map((key, index): ProvenPairRow => {
        const [sourceEtag, sourceSize, targetEtag, targetVersion, provenBy] = others.map((column) =>
          text(column[index]),
        );
        return {
          move: text(move),
          key: text(key),
          sourceEtag: text(sourceEtag),
          sourceSize: Number(sourceSize),
          targetEtag: text(targetEtag),
          targetVersion: text(targetVersion),
          provenBy: text(provenBy),
          provenAt: now,
        };
      });
      const same = (a: ProvenPairRow, b: ProvenPairRow) =>
        a.move === b.move && a.key === b.key && a.targetVersion === b.targetVersion;
      const left = tables.provenPair.filter((old) => !rows.some((row) => same(old, row)));
      tables.provenPair = [...left, ...rows];
      return rows.length;
    },
  ],
];
