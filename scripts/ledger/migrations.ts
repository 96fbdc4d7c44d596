import { migrate, SCHEMAS } from './schemas.ts';
import type { Pool } from './connect.ts';

/**
 * Brings the ledger's schema up to date. All in one transaction, so a failed one leaves the schema as it was.
 *
 * @returns the names of the files applied now; empty when nothing was missing.
 */
export function migrateLedger(pool: Pool): Promise<string[]> {
  return migrate(pool, SCHEMAS.ledger);
}
