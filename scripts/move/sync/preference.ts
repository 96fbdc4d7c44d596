import { UserError } from '../../contract/errors.ts';

/** Of `count` workers this is number `index`, from 0. */
export type Preference = { index: number; count: number };

/**
 * Which shards a worker takes first: of `i/n` those whose number leaves i, and then whatever is left. Without
 * it what a Kubernetes Indexed Job sets (`JOB_COMPLETION_INDEX`; how many there are it does not say, so
 * `MIGRATE_WORKERS` does), else none: every shard is as good.
 *
 * @throws UserError when `shard` is not of that form
 */
export function shardPreference(
  shard: string | undefined,
  variables: Record<string, string | undefined>,
): Preference | undefined {
  if (shard !== undefined) {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(shard) ?? [];
    if (index === undefined || Number(index) >= Number(count)) {
      throw new UserError(
        `--shard is "${shard}"; it should be i/n with i from 0 below n, for example 0/4 for the first of four`,
      );
    }
    return { index: Number(index), count: Number(count) };
  }
  const [index, count] = [variables['JOB_COMPLETION_INDEX'], variables['MIGRATE_WORKERS']].map(Number);
  if (!Number.isInteger(index) || !Number.isInteger(count)) return undefined;
  const preference = { index: index as number, count: count as number };
  return preference.index >= 0 && preference.index < preference.count ? preference : undefined;
}
