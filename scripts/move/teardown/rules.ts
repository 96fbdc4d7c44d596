import type { Environment } from '../../contract/environment.ts';
import type { ExpiryRule } from '../../store/control.ts';
import { withControl } from '../common/source-control.ts';
import { expiryRuleId } from '../../contract/names.ts';

/**
 * What empties a bucket. Apart, because S3 takes a delete-marker rule only without a date; and all four,
 * because the expiry of a versioned bucket's current objects only adds delete markers. Days are the fewest that S3
 * takes, and no date: by a rule with a past date what arrives after the last look would be gone at the next run.
 */
export const EXPIRY_RULES: readonly ExpiryRule[] = [
  { id: expiryRuleId('current'), days: 1 },
  { id: expiryRuleId('noncurrent'), noncurrentDays: 1 },
  { id: expiryRuleId('markers'), expiredObjectDeleteMarker: true },
  { id: expiryRuleId('uploads'), abortUploadDays: 1 },
];

/** Takes our rules out of the source buckets again. What they have expired is gone; what came late is not yet. */
export async function takeRulesBack(environment: Environment): Promise<void> {
  const ids = EXPIRY_RULES.map(({ id }) => id);
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of environment.moves) await control.removeLifecycle(sourceBucket, ids);
  });
}

/** In how many of the source buckets our rules are set. From the first one on, S3 may lose objects. */
export async function rulesStand(environment: Environment): Promise<'none' | 'some' | 'all'> {
  return withControl(environment, async (control) => {
    const standing = await Promise.all(
      environment.moves.map(async ({ sourceBucket }) => {
        const ids = await control.lifecycleIds(sourceBucket);
        return EXPIRY_RULES.filter((rule) => ids.includes(rule.id)).length;
      }),
    );
    if (standing.every((rules) => rules === EXPIRY_RULES.length)) return 'all';
    return standing.some((rules) => rules > 0) ? 'some' : 'none';
  });
}
