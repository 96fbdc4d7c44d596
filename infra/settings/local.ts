import { z } from 'zod';
import { bucketShape, commonShape, holdFindings, uniqueNames, type Finding } from './common.ts';

/** The settings of the stack `local`. */
export const LocalSettingsSchema = z.strictObject({
  environment: z.literal('local'),
  ...commonShape,
  buckets: z.array(z.strictObject(bucketShape)).min(1).refine(uniqueNames, 'two have one name'),
  revive: z.string().default(''),
  clockAheadDays: z.int().nonnegative().default(0),
  home: z.string().startsWith('/', 'must be an absolute path').default('/var/lib/storage-local'),
  portBase: z.int().min(1024).max(32000).default(7400),
});
export type LocalSettings = z.infer<typeof LocalSettingsSchema>;

/** What each setting allows alone and what does not go together. */
export function localFindings(settings: LocalSettings): Finding[] {
  return holdFindings(settings);
}
