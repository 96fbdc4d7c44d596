import type { Database } from './database.ts';

export type ProcessReport = {
  owner: string;
  script: string;
  at: Date;
  peakRssBytes: number;
  detail: Record<string, unknown>;
};

/** Records this process's peak memory (resident set, bytes) and what else the report shows of it. */
export async function reportProcess(
  db: Database,
  report: { owner: string; script: string; detail?: object },
): Promise<void> {
  // getrusage counts kibibytes on Linux.
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  await db.query(
    `INSERT INTO process_report (owner, script, peak_rss_bytes, detail) VALUES ($1, $2, $3, $4)
     ON CONFLICT (owner) DO UPDATE SET at = now(), peak_rss_bytes = EXCLUDED.peak_rss_bytes, detail = EXCLUDED.detail`,
    [report.owner, report.script, peakRssBytes, JSON.stringify(report.detail ?? {})],
  );
}

export async function listProcessReports(db: Database): Promise<ProcessReport[]> {
  const { rows } = await db.query<ProcessReport>(
    'SELECT owner, script, at, peak_rss_bytes::float8 AS "peakRssBytes", detail FROM process_report ORDER BY at',
  );
  return rows;
}
