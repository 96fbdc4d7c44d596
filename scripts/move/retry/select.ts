import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import type { FailureStage } from '../../ledger/failures.ts';
import type { FailureSelection } from '../../ledger/retry.ts';

/** As it may be asked of a function elsewhere: a selection whose bucket is not looked up yet. */
export type FailedRequest = {
  key?: string | undefined;
  bucket?: string | undefined;
  stage?: FailureStage | undefined;
};

/**
 * The selection in the ledger's terms. Other moves that the same ledger knows are never among it.
 *
 * @throws UserError (exit 2) where no bucket of the environment has that name
 */
export function selectionOf(
  { moves }: Pick<Environment, 'moves'>,
  { key, bucket, stage }: FailedRequest,
): FailureSelection {
  const chosen = moves.filter(
    ({ sourceBucket, targetBucket }) =>
      bucket === undefined || sourceBucket === bucket || targetBucket === bucket,
  );
  if (chosen.length === 0) {
    const known = moves.flatMap(({ sourceBucket, targetBucket }) => [sourceBucket, targetBucket]);
    throw new UserError(`--bucket is "${bucket}"; there are: ${[...new Set(known)].join(', ')}`);
  }
  return { moves: chosen.map(({ name }) => name), key, stage };
}
