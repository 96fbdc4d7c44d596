import { clockOf, type Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { sourceIsEmpty } from './empty.ts';
import { retireGuards } from './facts.ts';

/** What the gate of `retire` or `done` would refuse now, in plain words. Changes nothing. */
export async function teardownRefusals(
  environment: Environment,
  ledger: Pool,
  phase: 'retire' | 'done',
): Promise<string[]> {
  if (phase === 'done') return sourceIsEmpty(environment);
  // The gate takes the certificate itself, once nobody can write any more.
  const options = { certificate: false, watchReads: false };
  const missing = await retireGuards(environment, ledger, clockOf(environment)(), options);
  return missing.map(({ message }) => message);
}
