import type { Environment } from '../../contract/environment.ts';
import type { Claims } from '../../ledger/claims.ts';
import type { Pool } from '../../ledger/database.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Backoff } from './backoff.ts';

/** One worker of one epoch. After a lost lease a new one begins, under a name of its own. */
export type Session = {
  environment: Environment;
  ledger: Pool;
  owner: string;
  epoch: bigint;
  claims: Claims;
  limiter: RateLimiter;
  backoff: Backoff;
  stop: AbortSignal;
};
