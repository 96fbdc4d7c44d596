import type { Environment } from '../../contract/environment.ts';
import { removeCapture } from '../capture/notification.ts';
import { allowWrites } from '../teardown/deny.ts';
import { removeExpiryRules } from '../teardown/retire.ts';

/**
 * Takes all that is ours out of the source buckets: lifecycle rules, notification, and the statement that
 * denies writes, in this order, so that no rule expires what is written afterwards. The customer's own
 * entries stay as they were. Throws UserError (exit 1) while a bucket is not empty.
 */
export async function finishTeardown(environment: Environment): Promise<void> {
  await removeExpiryRules(environment);
  await removeCapture(environment);
  await allowWrites(environment);
}
