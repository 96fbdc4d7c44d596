import type { Environment } from '../../contract/environment.ts';
import { latestCertificate, type Certificate } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { replayLag } from '../../ledger/operations.ts';
import { selectFailures } from '../../ledger/retry.ts';
import { describeProgress } from '../../move/sync/progress.ts';
import { readReport, type SyncReport } from '../../move/sync/report.ts';

/** The state of a pair of stores; they have no phases. */
export type StandaloneStatus = SyncReport & {
  lag: { operations: number; seconds: number };
  certificate: Pick<Certificate, 'id' | 'at' | 'findings'> | null;
};

export async function readStandaloneStatus(
  environment: Environment,
  ledger: Pool,
): Promise<StandaloneStatus> {
  const names = environment.moves.map(({ name }) => name);
  const [report, failed, lag, certificates] = await Promise.all([
    readReport(environment, ledger),
    selectFailures(ledger, { moves: names }),
    replayLag(ledger),
    Promise.all(names.map((name) => latestCertificate(ledger, 'base', name))),
  ]);
  const [latest] = certificates;
  const certificate = latest == null ? null : { id: latest.id, at: latest.at, findings: latest.findings };
  return { ...report, failed, lag, certificate };
}

/** One line; 64-bit numbers as text. */
export function standaloneStatusJson(status: StandaloneStatus): string {
  return JSON.stringify(status, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** For a person. */
export function renderStandaloneStatus({ moves, failed, lag, certificate }: StandaloneStatus): string {
  const lines = moves.map((progress) => `sync    ${describeProgress(progress)}`);
  lines.push(
    `replay  ${lag.operations === 0 ? 'nothing open' : `${lag.operations} operations open, ${lag.seconds.toFixed(1)} s behind`}`,
    `verify  ${certificate === null ? 'no certificate yet: migrate verify' : describe(certificate)}`,
  );
  if (failed.length > 0) {
    lines.push(`failed  ${failed.length} keys: migrate failed names them, migrate retry puts them back`);
  }
  return lines.join('\n');
}

function describe({ at, findings }: NonNullable<StandaloneStatus['certificate']>): string {
  return `${findings === 0 ? 'clean' : `${findings} findings`}, at ${at.toISOString()}`;
}
