import type { Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { retryFailures, selectFailures } from '../../ledger/retry.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { runName } from '../common/run-name.ts';
import { workersOf } from '../../platform/workers.ts';
import { describeList, describeRetried, listJson, retriedJson } from './report.ts';
import { selectionOf, type FailedRequest } from './select.ts';

/** For standard output, and the exit code that goes with it. */
type Answer = { exitCode: 0 | 1; output: string };

export async function listFailed(
  environment: Environment,
  ledger: Pool,
  request: FailedRequest,
  options: { json: boolean },
): Promise<Answer> {
  const failed = await selectFailures(ledger, selectionOf(environment, request));
  return {
    exitCode: failed.length > 0 ? 1 : 0,
    output: options.json ? listJson(failed) : describeList(failed),
  };
}

/**
 * Puts failed keys back. A stack's workers are started where a shard is open again; what two endpoints of a
 * command line are copied by is the next `migrate sync`.
 */
export async function retryFailed(
  environment: Environment,
  ledger: Pool,
  request: FailedRequest,
  { json, dryRun }: { json: boolean; dryRun: boolean },
): Promise<Answer> {
  const retried = await retryFailures(ledger, selectionOf(environment, request), { dryRun });
  const isStandalone = environment.name === 'standalone';
  if (retried.reopenedShards > 0 && !isStandalone) {
    const progress = await Promise.all(environment.moves.map(({ name }) => syncProgress(ledger, name)));
    await (await workersOf(environment)).start('copy', runName(progress));
  }
  const exitCode = retried.left.length > 0 ? 1 : 0;
  const next = isStandalone
    ? 'migrate sync tries their failed keys, and lists nothing else'
    : 'its workers were started';
  return {
    exitCode,
    output: json ? retriedJson(retried, exitCode, dryRun) : describeRetried(retried, next, dryRun),
  };
}
