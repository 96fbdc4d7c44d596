import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { migrateLedger } from '../../ledger/migrations.ts';

/**
 * Sees to it that the ledger is there and has today's schema, where no stack does: a stack's own is left as it
 * is.
 *
 * @throws UserError (exit 3) where it cannot be reached, is in use, or its tables cannot be made
 */
export async function prepareLedger(
  environment: Environment,
  options: {
    /** Whether the target is to be written: refused where a stack's applications write there by now. Default: no. */
    toWrite?: boolean;
  } = {},
): Promise<void> {
  if (environment.name !== 'standalone') return;
  const ledger = openLedger(environment.ledger, { max: 1, application: 'migrate' });
  try {
    await assertReachable(ledger);
    await migrate(ledger);
    if (options.toWrite !== true) return;
    const { assertLedgerIsCurrent } = await import('../../move/common/epoch-mirror.ts');
    await assertLedgerIsCurrent(environment, ledger);
  } finally {
    await ledger.end();
  }
}

async function migrate(ledger: Pool): Promise<void> {
  try {
    await migrateLedger(ledger);
  } catch (error) {
    throw new UserError(
      `The ledger's tables cannot be made: ${messageOf(error)}. The user of --ledger must own its database, which needs the extension btree_gist`,
      { exitCode: 3, cause: error },
    );
  }
}
