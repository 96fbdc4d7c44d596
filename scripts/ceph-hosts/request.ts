import { z } from 'zod';

/** What the stack hands to the step on its standard input. */
export const StepRequest = z.object({
  region: z.string(),
  /** The document of Systems Manager, and the version of it that is meant. */
  document: z.string(),
  version: z.string(),
  /** Hosts that may carry the step out, the one that founds first. */
  monitors: z.array(z.object({ name: z.string(), instanceId: z.string() })).min(1),
  /** All that the hosts pull, as the account's cache serves it, and for which processors. */
  images: z.array(z.string()),
  architectures: z.array(z.enum(['amd64', 'arm64'])),
  /** infra/storage/ceph/plan/plan.ts; only the hosts read it. */
  plan: z.looseObject({
    cluster: z.string(),
    aws: z.object({ parameters: z.string() }),
  }),
});
export type StepRequest = z.infer<typeof StepRequest>;
