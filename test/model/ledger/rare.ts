import { Simulation } from '../platform/simulation.ts';
import { ModelLedger, type Carried } from './model-ledger.ts';
import { STATEMENTS } from './statements.ts';
import type { Tables } from './tables.ts';

/** A statement, by a part of its text that no other has, and its parameters. */
type Step = readonly [part: string, ...values: unknown[]];

const BOTH = (key: string): Step[] => [
  ['f.attempts >= $1', 3],
  ['DELETE FROM failed_key WHERE move = $1 AND key = $2', 'images', key, 'replay'],
];
const FAILS: Step = ['INSERT INTO failed_key', 'images', 'a', 'replay', 'reset'];
const BYTES = ['bytes', 'part digests'];
const event = (key: string, kind: string): Step => [
  'INSERT INTO operation',
  ...[
    ['images'],
    [key],
    [kind],
    ['ObjectCreated:Put'],
    ['ceph:s3'],
    ['01'],
    [''],
    ['e1'],
    [1n],
    ['customer'],
  ],
  ['2026-01-01T00:00:00Z'],
];

/** What runs of the model seldom come to: shards that are cut, keys that are given up, conflicts that are asked for. */
const STEPS: readonly Step[] = [
  ['INSERT INTO sync_run (move, state, inventory', 'images', null],
  ["(move, run, number, after_key, until_key, checkpoint) VALUES ($1, $2, 1, '', NULL, '')", 'images', 1n],
  ['UPDATE shard SET owner = $2', 'images', 'sync-1', 10, 1, 0],
  ['SET objects_expected = $2', 1n, 7, 70],
  ['SET objects_expected = $2', 1n, 8, 80],
  ['UPDATE sync_run SET wanted_at', 'images'],
  ['UPDATE sync_run SET wanted_at', 'images'],
  ['SET deletes_counted = deletes_counted + $2', 1n, 3],
  ['SET deletes_counted = deletes_counted + $2', 1n, -1],
  ['SELECT EXISTS (SELECT 1 FROM sync_run', 1n],
  ['SELECT 1 FROM sync_run WHERE run = $1 FOR UPDATE', 1n],
  ['SELECT until_key AS until', 1n, 'sync-1'],
  ['SELECT until_key AS until', 1n, 'another'],
  ['UPDATE shard SET until_key = $2', 1n, 'm'],
  ['max(number) + 1', 'images', 1n, 'm', null],
  ['SELECT EXISTS (SELECT 1 FROM sync_run', 1n],
  ['UPDATE sync_run SET wanted_at', 'images'],
  ['UPDATE shard SET owner = $2', 'images', 'sync-2', 10, 2, 1],
  event('a', 'put'),
  event('b', 'delete'),
  event('a', 'put'),
  event('.migration/canary', 'canary'),
  ['max(received_at))::float8 AS seconds', 'images', '.migration/canary'],
  ['INSERT INTO capture_gap', 'images', 'our entry was missing', '.migration/canary'],
  ['INSERT INTO capture_gap', 'images', 'and missing still', '.migration/canary'],
  ['FROM capture_gap WHERE move = $1 AND ended_at IS NULL', 'images'],
  ['ended_transaction >= $2', 'images', '1'],
  ['UPDATE capture_gap', 'images'],
  ['UPDATE capture_gap', 'images'],
  ['FROM capture_gap WHERE move = $1 AND ended_at IS NULL', 'images'],
  ['ended_transaction >= $2', 'images', '1'],
  ['ended_transaction >= $2', 'images', '99999'],
  ['INSERT INTO capture_gap', 'metadata', 'no canary came through', '.migration/canary'],
  ['SELECT count(DISTINCT key)::int AS keys', 'images', '1'],
  ['key = ANY($2::text[]) AND kind IN', 'images', ['a', 'b', 'c']],
  ['bool_or(o.retired_at IS NULL)', 'images', ['a', 'b', 'c'], '1003', 3],
  ['SET retired_at = clock_timestamp(), outcome = $4', 'images', 'a', ['1'], 'copied'],
  ['bool_or(o.retired_at IS NULL)', 'images', ['a', 'b', 'c'], '1020', 3],
  FAILS,
  ...BOTH('b'),
  FAILS,
  FAILS,
  ['bool_or(o.retired_at IS NULL)', 'images', ['a', 'b', 'c'], '1020', 3],
  ...BOTH('b'),
  ['FROM failed_key ORDER BY move'],
  ...BOTH('a'),
  ['INSERT INTO pending_key', 'images', ['p', 'q'], 'restored'],
  ['SET promotion_asked_at', 'images', 'q'],
  ['SET promotion_asked_at', 'images', 'q'],
  ['SELECT p.move, p.key FROM pending_key', [], [], 2],
  ['SELECT p.move, p.key FROM pending_key', ['images'], ['q'], 2],
  ['SET taken_at = clock_timestamp()', 'images', ['p', 'q', 'r']],
  ['SET taken_at = NULL', 'images', 'p'],
  ['DELETE FROM pending_key', 'images', ['q', 'r']],
  [
    'INSERT INTO conflict',
    'images',
    'a',
    1n,
    'put',
    'e1',
    1,
    null,
    'migration-quarantine',
    'images/a/1',
    'overwritten',
  ],
  [
    'INSERT INTO conflict',
    'images',
    'a',
    1n,
    'put',
    'e1',
    1,
    null,
    'migration-quarantine',
    'images/a/1',
    'again',
  ],
  [
    'INSERT INTO conflict',
    'images',
    'a',
    3n,
    'put',
    'e1',
    1,
    null,
    'migration-quarantine',
    'images/a/3',
    'overwritten',
  ],
  ['INSERT INTO conflict', 'images', 'a', 4n, 'put', 'e1', 1, null, null, null, 'gone'],
  ['SELECT quarantine_bucket AS bucket', 'images', 'a', 'e1'],
  [
    'INSERT INTO proven_pair',
    'images',
    ['a', 'b'],
    ['s1', 's2'],
    [1, 2],
    ['t1', 't2'],
    ['null', 'v1'],
    BYTES,
  ],
  [
    'INSERT INTO proven_pair',
    'images',
    ['b', 'b'],
    ['s3', 's4'],
    [3, 4],
    ['t3', 't4'],
    ['null', 'v1'],
    BYTES,
  ],
  ['FROM proven_pair WHERE move = $1', 'images', ['b', 'c']],
  ['INSERT INTO hold', 'to-target', 5],
  ["SET state = 'called-off'", 1n, 'a key differed'],
  ["SELECT 1 FROM hold WHERE state = 'called-off'"],
  ["SET ended_at = clock_timestamp() WHERE state = 'called-off'"],
  ["SELECT 1 FROM hold WHERE state = 'called-off'"],
  ['UPDATE move SET entering = $1', 'cutover'],
  ['UPDATE move SET entering = NULL'],
];

/** Carries them out on a ledger of the model. */
export function carryOutRare(): { carried: Carried[]; tables: Tables } {
  const ledger = new ModelLedger(new Simulation({ order: 0, blows: [] }), { recording: true });
  const session = ledger.open();
  for (const [part, ...values] of STEPS) {
    const [text, ...more] = [...STATEMENTS.keys()].filter((candidate) => candidate.includes(part));
    if (text === undefined || more.length > 0) throw new Error(`not one statement has: ${part}`);
    ledger.execute(session, text, values);
  }
  return ledger;
}
