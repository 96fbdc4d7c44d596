import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Environment } from '../../contract/environment.ts';
import { ledgerOf, parameterFileOf } from '../places.ts';
import { auditFinalStore } from '../clients/audit-store.ts';
import { clientFiles } from '../clients/files.ts';
import type { LocalMove } from '../local-move.ts';
import { collectFigures } from './collect.ts';

/**
 * Lets the clients pause, reads the final store against what they wrote, and reports: as text to `write`,
 * as a page to `report.html` in the environment's folder. Answers the exit code: 1 where a zero is none.
 * The clients go on afterwards, unless the move is done.
 */
export async function finalReport(move: LocalMove, write: (text: string) => void): Promise<0 | 1> {
  const page = path.join(move.home.folder, 'report.html');
  const files = clientFiles(move.clients.folder);
  await move.clients.pauseFleet();
  // What draws the charts takes half a second to load: only here is it needed.
  const { buildReport } = await import('./build.ts');
  const report = await move.withLedger(async (ledger, environment) => {
    const audit = await auditFinalStore(environment, ledger, files);
    const addresses = addressesOf(environment, page);
    const figures = await collectFigures(environment, ledger, { files, audit, addresses });
    if (figures.phase !== 'done') await move.clients.resumeFleet();
    return buildReport(figures, new Date());
  });
  await writeFile(page, report.html);
  write(report.text);
  return report.exitCode;
}

function addressesOf(environment: Environment, page: string): { name: string; url: string }[] {
  return [
    { name: 'This report as a page', url: pathToFileURL(page).href },
    { name: 'Images, through the cache tier', url: environment.cacheTier.endpoint },
    { name: 'S3', url: environment.source.endpoint },
    ...Object.entries(environment.targets).map(([name, { endpoint }]) => ({
      name: `Ceph: ${name}`,
      url: endpoint,
    })),
    { name: 'Applications’ parameter', url: parameterFileOf(environment) },
    { name: 'Ledger', url: withoutPassword(ledgerOf(environment)) },
  ];
}

function withoutPassword(connectionString: string): string {
  return connectionString.replace(/:[^:@/]+@/, '@');
}
