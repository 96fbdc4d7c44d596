import type * as capture from '../../scripts/capture/handler.ts';
import type * as certify from '../../scripts/phase/certify.ts';
import type * as client from '../../scripts/store/client.ts';
import type * as connect from '../../scripts/ledger/connect.ts';
import type * as context from '../../scripts/phase/context.ts';
import type * as enter from '../../scripts/phase/enter.ts';
import type * as settle from '../../scripts/phase/settle.ts';
import type * as locks from '../../scripts/ledger/locks.ts';
import type * as containment from '../../scripts/verify/containment.ts';
import type * as expire from '../../scripts/teardown/expire.ts';
import type * as failures from '../../scripts/ledger/failures.ts';
import type * as fence from '../../scripts/cutover/fence.ts';
import type * as move from '../../scripts/ledger/move.ts';
import type * as operations from '../../scripts/ledger/operations.ts';
import type * as parity from '../../scripts/verify/parity.ts';
import type * as pending from '../../scripts/ledger/pending.ts';
import type * as promotion from '../../scripts/pending/promotion.ts';
import type * as replay from '../../scripts/replay/worker.ts';
import type * as shards from '../../scripts/ledger/shards.ts';
import type * as start from '../../scripts/sync/start.ts';
import type * as steps from '../../scripts/phase/steps.ts';
import type * as sync from '../../scripts/sync/worker.ts';
import type * as take from '../../scripts/pending/take.ts';
import type * as watch from '../../scripts/cutover/watch.ts';

/** The migration's own code, as the model runs it: all of it real, or with one guard broken. */
export type Code = {
  capture: typeof capture;
  certify: typeof certify;
  client: typeof client;
  connect: typeof connect;
  context: typeof context;
  enter: typeof enter;
  settle: typeof settle;
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
  capture: 'capture/handler.ts',
  certify: 'phase/certify.ts',
  client: 'store/client.ts',
  connect: 'ledger/connect.ts',
  context: 'phase/context.ts',
  enter: 'phase/enter.ts',
  settle: 'phase/settle.ts',
  locks: 'ledger/locks.ts',
  containment: 'verify/containment.ts',
  expire: 'teardown/expire.ts',
  failures: 'ledger/failures.ts',
  fence: 'cutover/fence.ts',
  move: 'ledger/move.ts',
  operations: 'ledger/operations.ts',
  parity: 'verify/parity.ts',
  pending: 'ledger/pending.ts',
  promotion: 'pending/promotion.ts',
  replay: 'replay/worker.ts',
  shards: 'ledger/shards.ts',
  start: 'sync/start.ts',
  steps: 'phase/steps.ts',
  sync: 'sync/worker.ts',
  take: 'pending/take.ts',
  watch: 'cutover/watch.ts',
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
