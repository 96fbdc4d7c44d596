import type { Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import type { Database } from '../../ledger/database.ts';
import { syncProgress } from '../../ledger/shards.ts';

/** A run may delete so many objects, or so big a share of all; more than that is a mistake somewhere. */
const DELETE_AT_MOST = 1000;
const DELETE_AT_MOST_SHARE = 0.1;

/**
 * What to call before each deletion: throws UserError when the run would delete too much. Counts deletions of
 * others as far as they are checkpointed, and as all there is what is expected or was seen.
 */
export async function deleteBudget(ledger: Database, move: Move): Promise<() => void> {
  const { objectsExpected, objects, deleted } = await syncProgress(ledger, move.name);
  const all = Math.max(objectsExpected, objects);
  const most = Math.max(DELETE_AT_MOST, Math.floor(all * DELETE_AT_MOST_SHARE));
  let left = most - deleted;
  return () => {
    if (left <= 0) {
      throw new UserError(
        `Sync of ${move.name} would delete more than ${most} objects at the target that the source does not have. That is ` +
          'more than clients delete meanwhile; is the source bucket the right one? Nothing more was deleted.',
        { exitCode: 1 },
      );
    }
    left -= 1;
  };
}
