import { UserError } from '../../contract/errors.ts';
import { readMove } from '../../ledger/move.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { workersOf } from '../../platform/workers.ts';
import type { LongWork } from '../../platform/long-work.ts';
import { runName } from './run-name.ts';
import type { Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';

type Scope = { environment: Environment; ledger: Pool };

/**
 * A gate that needs a comparison of all keys, which takes hours and runs in the cluster: passes where
 * nothing is lacking; else has it made and refuses, so that the operator comes again when it is done.
 *
 * @param lacking what the comparison is to mend, in plain words; empty: nothing
 * @param meanwhile what is different until then, for the operator
 */
export async function requireComparison(
  context: Scope,
  work: Exclude<LongWork, 'copy'>,
  lacking: () => Promise<string[]>,
  meanwhile = 'nothing was changed',
): Promise<void> {
  const missing = await lacking();
  if (missing.length === 0) return;
  const run = await comparisonRun(context);
  const workers = await workersOf(context.environment);
  const before = await workers.state(work, run);
  if (before !== 'running') await workers.start(work, run);
  const list = missing.map((line) => `\n  - ${line}`).join('');
  const now =
    before === 'running'
      ? 'The comparison is at work'
      : before === 'failed'
        ? `The last comparison ended with findings or a failure and was started again. ${workers.whereToLook(work, run)} This one is at work`
        : 'The comparison was started';
  throw new UserError(
    `Refused; ${meanwhile}. What is missing:${list}\n${now}. Run pulumi up again when migrate status shows its certificates.`,
    { exitCode: 1 },
  );
}

/** A comparison belongs to the copy that it follows, and to where the applications write. */
export async function comparisonRun({ environment, ledger }: Scope): Promise<string> {
  const { epoch } = await readMove(ledger);
  const progress = await Promise.all(environment.moves.map(({ name }) => syncProgress(ledger, name)));
  return `${epoch}-${runName(progress)}`;
}
