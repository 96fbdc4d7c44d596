import { blow, broken, deed, type Mutant } from './mutant.ts';

const DELETED_AT_BLOW = ['a', 'b', 'c'].map((key) =>
  deed('delete', key, { begins: { by: 'a blow', at: 1 } }),
);

/** Guards of the list of keys that are on S3 alone. */
export const PENDING_MUTANTS: readonly Mutant[] = [
  broken(
    'a fallback reads any key from S3',
    2,
    'fallback',
    'ledger/pending.ts',
    "return (await pendingState(db, move, key, 0)) === 'pending';",
    'return (await pendingState(db, move, key, 0)) !== undefined;',
  ),
  {
    ...broken(
      'a write passes while its key is being copied',
      2,
      'fallback',
      'move/promotion/take.ts',
      'waiting.push(key);',
      'await takePending(ledger, move, [key]);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('pending', 'request', 4, 'stop', { milliseconds: 200 })],
      clients: DELETED_AT_BLOW,
    },
  },
  {
    ...broken(
      'a key is copied that was taken off the list meanwhile',
      2,
      'fallback',
      'move/promotion/promotion.ts',
      "if (standing === null || standing === 'taken') return false;",
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('pending', 'statement', 2, 'stop', { milliseconds: 200 })],
      clients: DELETED_AT_BLOW.map((each) => ({ ...each, lands: { by: 'migration-straggler', at: 1 } })),
    },
  },
  broken(
    'a key that was taken for a write which failed stays off the list',
    1,
    'fallback',
    'move/promotion/promotion.ts',
    'await giveBackPending(ledger, move, key);\n    return true;',
    'await dropPending(ledger, move, [key]);\n    return false;',
  ),
  {
    ...broken(
      'a copied key leaves the list at once',
      2,
      'fallback',
      'move/promotion/promotion.ts',
      'if (performance.now() - at < grace) continue;',
      'void [at, grace];',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [],
      clients: ['c', 'c', 'c', 'c'].map((key) =>
        deed('read', key, { begins: { by: 'migration-straggler', at: 1 } }),
      ),
    },
  },
  {
    ...broken(
      'a pending key is given back while its copy may still land',
      2,
      'fallback',
      'move/promotion/promotion.ts',
      'await untilAnswered(target, targetBucket, key);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('pending', 'sent', 6, 'cut')],
      clients: DELETED_AT_BLOW,
    },
  },
];
