import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import type { FailureStage } from '../../ledger/failures.ts';
import type { FailureSelection } from '../../ledger/retry.ts';

export const STAGES: FailureStage[] = ['sync', 'replay', 'promotion'];

/** By which failed keys are chosen; what is not given chooses all. */
export const selectionArguments = {
  key: { type: 'string', valueHint: 'KEY', description: 'exactly this key' },
  bucket: {
    type: 'string',
    valueHint: 'BUCKET',
    description: 'the keys that are copied from, or to, this bucket',
  },
  stage: {
    type: 'enum',
    options: STAGES,
    description:
      'where they failed. sync: in the bulk copy · replay: when a change was brought over · promotion: copied ahead because somebody read them',
  },
} as const;

/** As it may be asked of a function elsewhere: a selection whose bucket is not looked up yet. */
export type FailedRequest = {
  key?: string | undefined;
  bucket?: string | undefined;
  stage?: FailureStage | undefined;
};

/** What the options chose. Throws UserError (exit 2) where one is empty. */
export function requestOf(options: { [name in keyof FailedRequest]?: string | undefined }): FailedRequest {
  const { key, bucket } = options;
  for (const [name, given] of Object.entries({ key, bucket })) {
    if (given === '') throw new UserError(`--${name} is empty; leave it out to choose all`);
  }
  return { key, bucket, stage: STAGES.find((each) => each === options.stage) };
}

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
