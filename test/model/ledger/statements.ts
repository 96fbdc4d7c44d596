import { CLAIM_STATEMENTS } from './claims.ts';
import { GAP_STATEMENTS } from './gaps.ts';
import { HOLD_STATEMENTS } from './holds.ts';
import { LIST_STATEMENTS } from './lists.ts';
import { OPERATION_STATEMENTS } from './operations.ts';
import { PRE_HOLD_STATEMENTS } from './pre-hold.ts';
import { PROOF_STATEMENTS } from './proofs.ts';
import { SHARD_STATEMENTS } from './shards.ts';
import type { Statement, Twin } from './statement.ts';

const ALL: readonly Statement[] = [
  ...CLAIM_STATEMENTS,
  ...GAP_STATEMENTS,
  ...HOLD_STATEMENTS,
  ...LIST_STATEMENTS,
  ...OPERATION_STATEMENTS,
  ...PRE_HOLD_STATEMENTS,
  ...PROOF_STATEMENTS,
  ...SHARD_STATEMENTS,
];

/** By their text, white space made one. */
export const STATEMENTS: ReadonlyMap<string, Twin> = new Map(
  ALL.map(([sql, twin]) => [sql.replaceAll(/\s+/g, ' ').trim(), twin]),
);
