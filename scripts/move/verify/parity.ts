import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import {
  latestCertificate,
  listedOf,
  listWaivers,
  type Certificate,
  type Finding,
  type Listed,
} from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { commitHorizon, touchedSince } from '../../ledger/operations.ts';
import { shardRanges } from '../../ledger/shard-ranges.ts';
import type { Comparison } from '../common/compare-key.ts';
import { staleness } from '../common/freshness.ts';
import { PairMemory } from '../common/pair-memory.ts';
import { CertificateDraft } from './draft.ts';
import { inOrderOnce } from './in-order.ts';
import { allSuspects, compareKeys, scan } from './scan.ts';
import { addMoving, compareAgain, horizonBefore, judge, type Moving } from './compare-again.ts';
import { openPair, type Pair } from '../common/pair.ts';

export type VerifyOptions = {
  /** Reads the bytes of both sides, not only what their stores say of them. Default: no. */
  full?: boolean;
  /** How long keys that differ may take to become equal while replay works. Default: the bound of the lag. */
  settleSeconds?: number;
  /** Called now and then with the number of keys compared so far. */
  progress?: (keys: number) => void;
};

/** More keys than this differ: the rest are judged by the log alone, without being given time to settle. */
const MOST_SETTLED = 10_000;
const JUDGED_AT_ONCE = 1000;

/**
 * Compares all of a move while clients write, and records a base certificate. Its horizon is noted
 * before the scan begins, so whatever is touched from then on is compared again later: by `recertify`,
 * and at last by `certifyInHold`.
 *
 * @returns the certificate, also when it has findings. Throws where a store or the ledger is away.
 */
export async function takeBaseCertificate(
  environment: Environment,
  ledger: Pool,
  move: Move,
  options: VerifyOptions = {},
): Promise<Certificate> {
  const pair = await openPair(environment, move);
  try {
    const full = options.full ?? false;
    const memory = new PairMemory(ledger, move.name);
    const context = { environment, ledger, pair, memory, full, options };
    const horizon = await commitHorizon(ledger);
    return await certify(context, horizon, scan(pair, memory, { full }), {
      listed: null,
      detail: { scope: 'all' },
    });
  } finally {
    await pair.close();
  }
}

/**
 * Compares what was touched since the newest base certificate and records a new one that goes on from
 * there. Rounds of this keep the set small that is left for the hold. Events can be lost, so the log is
 * not trusted alone: what both listings show as changed is compared too.
 *
 * @param options.listings false leaves the listings out, for buckets whose listing takes hours
 */
export async function recertify(
  environment: Environment,
  ledger: Pool,
  move: Move,
  options: VerifyOptions & { listings?: boolean } = {},
): Promise<Certificate> {
  const parent = await cleanBase(ledger, move);
  const pair = await openPair(environment, move);
  try {
    const full = options.full ?? false;
    const horizon = await commitHorizon(ledger);
    const memory = new PairMemory(ledger, move.name);
    const touched = await touchedSince(ledger, move.name, parent.horizon);
    const listings = options.listings ?? true;
    const ranges = await shardRanges(ledger, move.name);
    const keys = listings ? inOrderOnce(touched, allSuspects(pair, memory, ranges)) : touched;
    const listed = listings ? { from: horizon, at: new Date().toISOString() } : listedOf(parent);
    const context = { environment, ledger, pair, memory, full, options };
    const detail = { scope: 'touched', listings, parent: String(parent.id), parentHorizon: parent.horizon };
    return await certify(context, horizon, compareKeys(pair, memory, keys, { full }), { listed, detail });
  } finally {
    await pair.close();
  }
}

/**
 * The last comparison: every key touched since the newest base certificate, tags and ACLs too (they
 * raise no event). Called while the clients' writes wait and replay is at zero, so a difference is one;
 * nothing is given time to settle.
 *
 * @throws UserError where the base certificate is stale: what raised no event is not among the touched keys
 */
export async function certifyInHold(
  environment: Environment,
  ledger: Pool,
  move: Move,
): Promise<{ id: bigint; compared: number; findings: Finding[] }> {
  const parent = await cleanBase(ledger, move);
  const stale = await staleness(ledger, environment, parent);
  if (stale !== null) throw new UserError(stale, { exitCode: 1 });
  const horizon = await commitHorizon(ledger);
  const [keys, pair, { epoch }] = await Promise.all([
    touchedSince(ledger, move.name, parent.horizon),
    openPair(environment, move, { requestSeconds: environment.bounds.holdRequestSeconds }),
    readMove(ledger),
  ]);
  try {
    const draft = new CertificateDraft(environment, 'parity', move, await listWaivers(ledger, move.name));
    const memory = new PairMemory(ledger, move.name);
    for await (const comparison of compareKeys(pair, memory, keys, { full: false }))
      await draft.take(comparison);
    const detail = { scope: 'touched', parent: String(parent.id), parentHorizon: parent.horizon };
    const certificate = await draft.record(ledger, { epoch, horizon, detail });
    return { id: certificate.id, compared: keys.length, findings: draft.listedFindings };
  } finally {
    await pair.close();
  }
}

type Context = {
  environment: Environment;
  ledger: Pool;
  pair: Pair;
  memory: PairMemory;
  full: boolean;
  options: VerifyOptions;
};

/** @param about.listed when the listings were merged; null: by the comparisons themselves */
async function certify(
  context: Context,
  horizon: string,
  comparisons: AsyncIterable<Comparison>,
  { listed, detail }: { listed: Listed | null; detail: Record<string, unknown> },
): Promise<Certificate> {
  const { environment, ledger, pair, memory, full, options } = context;
  const { epoch } = await readMove(ledger);
  const waivers = await listWaivers(ledger, pair.move.name);
  const draft = new CertificateDraft(environment, 'base', pair.move, waivers);
  const differing: Finding[] = [];
  const rest: Finding[] = [];
  const moving: Moving = { count: 0, first: [], openSince: null };
  const judgeRest = async () => {
    // A key that was touched at all may have been handled since it was compared.
    const judged = await judge(ledger, pair.move.name, rest.splice(0), horizon);
    for (const finding of judged.findings) await draft.addFinding(finding);
    addMoving(moving, judged.moving);
  };
  let keys = 0;
  for await (const comparison of comparisons) {
    keys += 1;
    if (keys % 1000 === 0) options.progress?.(keys);
    if (comparison.differs.length === 0 || draft.waives(comparison.key)) {
      await draft.take(comparison);
      continue;
    }
    draft.takeSource(comparison);
    const finding = { key: comparison.key, differs: comparison.differs };
    (differing.length < MOST_SETTLED ? differing : rest).push(finding);
    if (rest.length >= JUDGED_AT_ONCE) await judgeRest();
  }
  await judgeRest();
  const ended = { from: horizon, at: new Date().toISOString() };
  const seconds = options.settleSeconds ?? environment.bounds.lagSeconds;
  const settled = await compareAgain(pair, memory, ledger, differing, { seconds, full });
  for (const finding of settled.findings) await draft.addFinding(finding);
  addMoving(moving, settled.moving);
  if (settled.otherEtags) draft.targetIsUnknown();
  options.progress?.(keys);
  const { count, first } = moving;
  return draft.record(ledger, {
    epoch,
    horizon: horizonBefore(horizon, moving),
    detail: {
      ...detail,
      listed: listed ?? ended,
      full,
      compared: keys,
      settled: settled.settled,
      moving: { count, first },
    },
  });
}

async function cleanBase(ledger: Pool, move: Move): Promise<Certificate> {
  const base = await latestCertificate(ledger, 'base', move.name);
  if (base !== null && base.findings === 0) return base;
  throw new UserError(
    base === null
      ? `There is no base certificate for ${move.name}. Take one: migrate verify --kind base --move ${move.name}`
      : `The newest base certificate for ${move.name} has ${base.findings} findings. Mend them and take another: migrate verify --kind base --move ${move.name}`,
    { exitCode: 1 },
  );
}
