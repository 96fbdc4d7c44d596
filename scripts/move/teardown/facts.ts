import type { Environment, Move } from '../../contract/environment.ts';
import { latestCertificate, listWaivers } from '../../ledger/certificates.ts';
import { onlyRow } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { listFailures } from '../../ledger/failures.ts';
import { readMove } from '../../ledger/move.ts';
import { lastSourceWrite, replayLag } from '../../ledger/operations.ts';
import { countPending } from '../../ledger/pending.ts';
import { StoreClient } from '../../store/client.ts';
import { evaluateGuards, type CertificateFact, type Missing, type RetireFacts } from './guards.ts';
import { watchReads } from './reads.ts';
import { MIGRATION, READS_WAIVER } from '../../contract/names.ts';

export type GuardOptions = {
  /** Whether a fresh containment certificate is among the guards. Default: yes. */
  certificate?: boolean;
  /**
   * Whether also to watch for some seconds if anybody reads S3, where nothing else is missing.
   * A store that does not tell is a guard that does not hold, unless it is waived by name (READS_WAIVER). Only meaningful while we read nothing there ourselves. Default: yes.
   */
  watchReads?: boolean;
};

/**
 * The guards of `retire` that do not hold now, in plain words. Changes nothing.
 *
 * @param now the move's clock (`clockOf`), which counts the days
 */
export async function retireGuards(
  environment: Environment,
  ledger: Pool,
  now: Date,
  options: GuardOptions = {},
): Promise<Missing[]> {
  const facts = await collectFacts(environment, ledger, now);
  const judged = options.certificate === false ? { ...facts, certificates: [] } : facts;
  const missing = evaluateGuards(judged);
  if (options.watchReads === false || missing.length > 0) return missing;
  return evaluateGuards({ ...judged, reads: await readsOf(environment, ledger) });
}

/** What the store tells of reads. Where it tells nothing, a person must have said that there are none. */
async function readsOf(environment: Environment, ledger: Pool): Promise<RetireFacts['reads']> {
  const seen = await watchReads(environment);
  if (seen !== null) return seen;
  const waivers = await Promise.all(environment.moves.map(({ name }) => listWaivers(ledger, name)));
  const waived = waivers.every((ofMove) => ofMove.some(({ key }) => key === READS_WAIVER));
  return waived ? 'not asked' : 'unknown';
}

async function collectFacts(environment: Environment, ledger: Pool, now: Date): Promise<RetireFacts> {
  const [move, secondsSinceWrite, lag, failures, pendingKeys, waived, certificates] = await Promise.all([
    readMove(ledger),
    sinceLastWrite(ledger),
    replayLag(ledger),
    listFailures(ledger),
    countPending(ledger),
    waivedOnSource(environment, ledger),
    Promise.all(environment.moves.map((each) => certificateFact(ledger, each))),
  ]);
  return {
    now,
    phase: move.phase,
    writesGoTo: move.writesGoTo,
    epoch: move.epoch,
    cutoverAt: move.cutoverAt,
    keepDays: environment.bounds.keepDays,
    quietSeconds: environment.bounds.quietSeconds,
    secondsSinceWrite,
    reads: 'not asked',
    openOperations: lag.operations,
    failedKeys: failures.length,
    pendingKeys,
    waived,
    certificates,
  };
}

/** Real seconds, also where the move's clock is ahead: a rehearsal skips days, not silence. */
async function sinceLastWrite(ledger: Pool): Promise<number | null> {
  const last = await lastSourceWrite(ledger);
  if (last === null) return null;
  const { rows } = await ledger.query<{ seconds: number }>(
    'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS seconds',
    [last],
  );
  return onlyRow(rows).seconds;
}

/** Whatever changed on S3 since a certificate's horizon makes it stale; our expiry's own events do not. */
async function certificateFact(ledger: Pool, move: Move): Promise<CertificateFact> {
  const latest = await latestCertificate(ledger, 'containment', move.name);
  if (latest === null) return { move: move.name, taken: null };
  const { rows } = await ledger.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM operation
     WHERE move = $1 AND transaction >= $2::xid8 AND kind NOT IN ('canary', 'expire')`,
    [move.name, latest.horizon],
  );
  const { at, epoch, findings } = latest;
  return { move: move.name, taken: { at, epoch, findings, operationsSince: onlyRow(rows).n } };
}

/** By listing, not by HEAD: an object with a key of its customer's (SSE-C) refuses HEAD. */
async function waivedOnSource(
  environment: Environment,
  ledger: Pool,
): Promise<{ move: string; key: string }[]> {
  const found: { move: string; key: string }[] = [];
  const client = await StoreClient.open(environment.source, MIGRATION, {
    requestSeconds: environment.bounds.requestSeconds,
  });
  try {
    for (const move of environment.moves) {
      for (const { key } of await listWaivers(ledger, move.name)) {
        const page = await client.listPage(move.sourceBucket, { prefix: key, maxKeys: 1 });
        if (page.objects[0]?.key === key) found.push({ move: move.name, key });
      }
    }
    return found;
  } finally {
    await client.close();
  }
}
