import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { sleep, until, type Deadline } from '../../contract/wait.ts';

const LOOK_EVERY_MILLISECONDS = 500;

/**
 * Waits until the queue of S3's notifications has been empty twice in a row. A canary that came through
 * says little of what was sent before it: SQS promises no order, and S3 sends "typically in seconds".
 *
 * What is left: an event that S3 has not sent yet is in no queue. When it comes the turn is made, and S3's own clock
 * says that it is pre-hold (`scripts/move/replay/pre-hold.ts`): within the window it is applied wherever no client has
 * touched the key on Ceph since; later, or where one has, it is a conflict.
 *
 * Throws UserError where messages were given up (the dead-letter queue): these are events that nobody took.
 */
export async function drainQueue({ capture }: Environment, deadline: Deadline): Promise<void> {
  if (capture.kind !== 'sqs') return;
  const { queueDepth } = await import('../../platform/aws/queue.ts');
  await assertNoneGivenUp(capture);
  let empty = 0;
  await until(
    'the queue of notifications is empty',
    deadline,
    async () => {
      const depth = await queueDepth(capture.region, capture.queueUrl);
      empty = depth === 0 ? empty + 1 : 0;
      return empty >= 2 || `about ${depth} messages`;
    },
    LOOK_EVERY_MILLISECONDS,
  );
  // Those that were read last may be on their way to the dead-letter queue.
  await sleep(LOOK_EVERY_MILLISECONDS);
  await assertNoneGivenUp(capture);
}

/** Throws UserError (exit 1) where the dead-letter queue holds events. */
export async function assertNoneGivenUp(capture: Environment['capture']): Promise<void> {
  if (capture.kind !== 'sqs' || capture.deadLetterUrl === undefined) return;
  const { queueDepth } = await import('../../platform/aws/queue.ts');
  const givenUp = await queueDepth(capture.region, capture.deadLetterUrl);
  if (givenUp === 0) return;
  throw new UserError(
    `${givenUp} notifications of S3 could not be stored and are in the dead-letter queue: keys were changed that nobody has looked at. ` +
      `See the log of the capture function, then: aws sqs start-message-move-task --source-arn (the ARN of ${capture.deadLetterUrl}).`,
    { exitCode: 1 },
  );
}
