import type { Environment } from '../environment.ts';
import { messageOf, UserError } from '../errors.ts';
import { assertReachable, openLedger } from '../ledger/connect.ts';
import { migrateLedger } from '../ledger/migrations.ts';

/**
 * Sees to it that the ledger is there and has today's schema, where no stack does: a stack's own is left as it
 * is.
 *
 * @throws UserError (exit 3) where it cannot be reached, is in use, or its tables cannot be made
 */
export async function prepareLedger(environment: Environment): Promise<void> {
  if (environment.name !== 'standalone') return;
  const ledger = openLedger(environment.ledger, { max: 1, application: 'migrate' });
  try {
    await assertReachable(ledger);
    await migrateLedger(ledger);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `The ledger's tables cannot be made: ${messageOf(error)}. The user of --ledger must own its database, which needs the extension btree_gist`,
      { exitCode: 3, cause: error },
    );
  } finally {
    await ledger.end();
  }
}
