import { blow, broken, deed, edit, type Mutant } from './mutant.ts';

const CHANGED_AT_BLOW = [deed('put', 'a'), deed('put', 'a', { body: 2, begins: { by: 'a blow', at: 1 } })];

/** Guards of those who copy while S3 is the store: claims, leases, what is looked at before it is done. */
export const WORKER_MUTANTS: readonly Mutant[] = [
  {
    ...broken(
      'a lease that ran out is taken for alive',
      3,
      'follow',
      'ledger/claims.ts',
      'if (performance.now() >= this.#aliveUntil) throw new LeaseLost(`the keys of ${this.#owner}`);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('replay', 'request', 6, 'stop, kill')],
      clients: [deed('put', 'a'), deed('put', 'a', { body: 2, begins: { by: 'migration', at: 3 } })],
    },
  },
  {
    ...broken(
      'who takes a key over does not wait for the longest request',
      3,
      'follow',
      'ledger/claims.ts',
      'await removeExpired(client, range, options.move, [options.key], options.requestSeconds);',
      'await removeExpired(client, range, options.move, [options.key], 0);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('replay', 'sent', 7, 'kill')],
      clients: CHANGED_AT_BLOW,
    },
  },
  {
    ...broken(
      'a key is settled while an earlier request may still land',
      3,
      'follow',
      'move/replay/act.ts',
      "if (action.do !== 'quarantine') await untilAnswered(target, targetBucket, where.key);",
      "if (action.do !== 'quarantine') void where;",
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('replay', 'sent', 7, 'cut')],
      clients: CHANGED_AT_BLOW,
    },
  },
  {
    ...broken(
      'operations are retired that nobody has looked at',
      3,
      'follow',
      'move/replay/handle-key.ts',
      'const positions = retirements.map(({ position }) => position);',
      'const positions = (await openOperations(client, where.move, where.key)).map(({ position }) => position);',
    ),
    given: {
      broken: 0,
      before: {},
      stragglers: [],
      blows: [],
      clients: [deed('put', 'a'), deed('put', 'a', { body: 2, begins: { by: 'migration', at: 4 } })],
    },
  },
  {
    name: 'a batch is given back while an earlier request may still land',
    invariant: 3,
    story: 'copy',
    given: {
      slow: 0.08,
      broken: 0,
      before: { a: 1 },
      stragglers: [],
      blows: [blow('sync', 'sent', 8, 'cut')],
      clients: [deed('put', 'a', { body: 2, begins: { by: 'a blow', at: 1 } })],
    },
    edits: [
      edit(
        'move/sync/pipeline.ts',
        'if (batch.unanswered) await sleep(claim.requestSeconds * 1000);',
        'void [sleep, claim];',
      ),
    ],
  },
  {
    ...broken(
      "what a rule of the customer's expired before the turn stays on Ceph",
      3,
      'follow',
      'move/replay/decide.ts',
      "if (target.current === null) return all({ do: 'nothing' }, 'equal');",
      "if (target.current === null || operations.some(({ kind }) => kind === 'expire')) return all({ do: 'nothing' }, 'equal');",
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: { a: 1 },
      stragglers: [],
      blows: [],
      clients: [deed('put', 'a', { body: 2 }), deed('expire', 'a', { pause: 900 })],
    },
  },
];
