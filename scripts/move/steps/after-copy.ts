import type { Environment } from '../../contract/environment.ts';
import { latestCertificate } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { listFailures } from '../../ledger/failures.ts';
import { readMove } from '../../ledger/move.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { log } from '../../contract/log.ts';
import { workersOf } from '../../platform/workers.ts';
import { comparisonRun } from '../common/comparison.ts';

/**
 * Starts the comparison of all keys in the cluster once the bulk copy is done, so that its certificate is
 * there when somebody wants to enter `cutover`. Once a run of the copy: where it ends with findings the
 * gate says so and starts it again. Locally the step that copies does it.
 *
 * @returns whether it was started now
 */
export async function startComparison(environment: Environment, ledger: Pool): Promise<boolean> {
  if (environment.workers.kind !== 'kubernetes') return false;
  const { phase, entering } = await readMove(ledger);
  if (phase !== 'copy' || entering !== null) return false;
  const copied = await Promise.all(environment.moves.map(({ name }) => syncProgress(ledger, name)));
  if (copied.some(({ state }) => state !== 'done')) return false;
  const certificates = await Promise.all(
    environment.moves.map(({ name }) => latestCertificate(ledger, 'base', name)),
  );
  const standing = certificates.every((certificate, index) => {
    const ended = copied[index]?.endedAt ?? null;
    return certificate !== null && ended !== null && certificate.at >= ended;
  });
  if (standing || (await listFailures(ledger)).length > 0) return false;
  const run = await comparisonRun({ environment, ledger });
  const workers = await workersOf(environment);
  if ((await workers.state('verify', run)) !== 'none') return false;
  await workers.start('verify', run);
  log.info({ run }, 'the bulk copy is done: the comparison of all keys was started');
  return true;
}
