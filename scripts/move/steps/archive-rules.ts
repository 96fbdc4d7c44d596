import type { Environment, Move } from '../../contract/environment.ts';
import type { LifecycleRule } from '../../store/control.ts';
import { withControl } from '../common/source-control.ts';
import { ABORT_RULE_ID, archiveRuleId, isArchiveRule } from '../../contract/names.ts';

/** The rules that a move's settings ask for. */
export function archiveRules(move: Pick<Move, 'archive' | 'abortUploadsAfterDays'>): LifecycleRule[] {
  const rules: LifecycleRule[] = (move.archive ?? []).map(({ prefix, afterDays, storageClass }, index) => ({
    id: archiveRuleId(index + 1, storageClass),
    prefix,
    transition: { days: afterDays, storageClass },
  }));
  const { abortUploadsAfterDays: days } = move;
  return days === undefined ? rules : [...rules, { id: ABORT_RULE_ID, abortUploadDays: days }];
}

/**
 * Merges the rules that move objects to cheaper classes, and that abort uploads nobody ends, into the
 * lifecycle documents of the source buckets. Ours of earlier settings go in the same change; the
 * customer's stay. Only on Amazon S3: an RGW has no such classes.
 */
export async function installArchiveRules(environment: Environment): Promise<void> {
  if (environment.source.kind !== 'aws') return;
  await withControl(environment, async (control) => {
    for (const move of environment.moves) {
      const standing = (await control.lifecycleIds(move.sourceBucket)).filter(isArchiveRule);
      const rules = archiveRules(move);
      if (rules.length === 0 && standing.length === 0) continue;
      await control.mergeLifecycle(move.sourceBucket, rules, standing);
    }
  });
}

/**
 * Takes them out again: once Ceph is the store, a class with a least storage time only costs, and no
 * object may begin its way to another class while it is being expired.
 */
export async function removeArchiveRules(environment: Environment): Promise<void> {
  if (environment.source.kind !== 'aws') return;
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of environment.moves) {
      const standing = (await control.lifecycleIds(sourceBucket)).filter(isArchiveRule);
      if (standing.length > 0) await control.removeLifecycle(sourceBucket, standing);
    }
  });
}
