import type * as canary from '../../scripts/move/capture/canary.ts';
import type * as capture from '../../scripts/move/capture/handler.ts';
import type * as certify from '../../scripts/move/steps/certify.ts';
import type * as client from '../../scripts/store/client.ts';
import type * as connect from '../../scripts/ledger/connect.ts';
import type * as context from '../../scripts/move/steps/context.ts';
import type * as enter from '../../scripts/move/steps/enter.ts';
import type * as settle from '../../scripts/move/steps/settle.ts';
import type * as gaps from '../../scripts/ledger/gaps.ts';
import type * as locks from '../../scripts/ledger/locks.ts';
import type * as containment from '../../scripts/move/verify/containment.ts';
import type * as expire from '../../scripts/move/teardown/expire.ts';
import type * as failures from '../../scripts/ledger/failures.ts';
import type * as fence from '../../scripts/move/common/fence.ts';
import type * as move from '../../scripts/ledger/move.ts';
import type * as operations from '../../scripts/ledger/operations.ts';
import type * as parity from '../../scripts/move/verify/parity.ts';
import type * as pending from '../../scripts/ledger/pending.ts';
import type * as promotion from '../../scripts/move/promotion/promotion.ts';
import type * as replay from '../../scripts/move/replay/worker.ts';
import type * as shards from '../../scripts/ledger/shards.ts';
import type * as start from '../../scripts/move/sync/start.ts';
import type * as steps from '../../scripts/move/steps/steps.ts';
import type * as sync from '../../scripts/move/sync/worker.ts';
import type * as take from '../../scripts/move/promotion/take.ts';
import type * as watch from '../../scripts/move/cutover/watch.ts';

/** The migration's own code, as the model runs it: all of it real, or with one guard broken. */
export type Code = {
  canary: typeof canary;
  capture: typeof capture;
  certify: typeof certify;
  client: typeof client;
  connect: typeof connect;
  context: typeof context;
  enter: typeof enter;
  settle: typeof settle;
  gaps: typeof gaps;
  locks: typeof locks;
  containment: typeof containment;
  expire: typeof expire;
  failures: typeof failures;
  fence: typeof fence;
  move: typeof move;
  operations: typeof operations;
  parity: typeof parity;
  pending: typeof pending;
  promotion: typeof promotion;
  replay: typeof replay;
  shards: typeof shards;
  start: typeof start;
  steps: typeof steps;
  sync: typeof sync;
  take: typeof take;
  watch: typeof watch;
};

const FILES: Record<keyof Code, string> = {
  canary: 'move/capture/canary.ts',
  capture: 'move/capture/handler.ts',
  certify: 'move/steps/certify.ts',
  client: 'store/client.ts',
  connect: 'ledger/connect.ts',
  context: 'move/steps/context.ts',
  enter: 'move/steps/enter.ts',
  settle: 'move/steps/settle.ts',
  gaps: 'ledger/gaps.ts',
  locks: 'ledger/locks.ts',
  containment: 'move/verify/containment.ts',
  expire: 'move/teardown/expire.ts',
  failures: 'ledger/failures.ts',
  fence: 'move/common/fence.ts',
  move: 'ledger/move.ts',
  operations: 'ledger/operations.ts',
  parity: 'move/verify/parity.ts',
  pending: 'ledger/pending.ts',
  promotion: 'move/promotion/promotion.ts',
  replay: 'move/replay/worker.ts',
  shards: 'ledger/shards.ts',
  start: 'move/sync/start.ts',
  steps: 'move/steps/steps.ts',
  sync: 'move/sync/worker.ts',
  take: 'move/promotion/take.ts',
  watch: 'move/cutover/watch.ts',
};

/** Loads it. The loader must be installed. */
export async function loadCode(mutant?: string): Promise<Code> {
  const query = mutant === undefined ? '' : `?mutant=${encodeURIComponent(mutant)}`;
  const entries: [string, unknown][] = [];
  for (const [name, file] of Object.entries(FILES)) {
    const url = new URL(`../../scripts/${file}`, import.meta.url).href;
    entries.push([name, await import(url + query)]);
  }
  return Object.fromEntries(entries) as Code;
}
