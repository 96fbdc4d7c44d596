import { PHASES } from '../../contract/phases.ts';
import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import { latestCertificate, type Certificate, type CertificateKind } from '../../ledger/certificates.ts';
import { listConflicts } from '../../ledger/conflicts.ts';
import type { Pool } from '../../ledger/database.ts';
import { listFailures, type Failure } from '../../ledger/failures.ts';
import { lastHold, type Hold } from '../../ledger/holds.ts';
import { listGaps, type CaptureGap } from '../../ledger/gaps.ts';
import { staleness } from '../common/freshness.ts';
import { readMove, type MoveState, type Phase } from '../../ledger/move.ts';
import { lastCanary, replayLag } from '../../ledger/operations.ts';
import { countPending } from '../../ledger/pending.ts';
import { readLateEvents, type LateEvents } from '../../ledger/pre-hold.ts';
import { syncProgress, type SyncProgress } from '../../ledger/shards.ts';
import { unreadCounts, type UnreadCount } from '../../ledger/unread-events.ts';

export type MoveStatus = {
  name: string;
  sourceBucket: string;
  targetBucket: string;
  sync: SyncProgress;
  /** Seconds since the newest canary came through; null where none has. */
  canarySeconds: number | null;
  /** Since the turn: what S3 tells late of before the hold; null where nothing would count as that. */
  lateEvents: LateEvents | null;
  /** The newest gaps in capture, the newest first. */
  gaps: CaptureGap[];
  /** Why the base certificate is too old to turn by; null where it is not, or there is none. */
  stale: string | null;
  certificates: Partial<Record<CertificateKind, Pick<Certificate, 'id' | 'at' | 'epoch' | 'findings'>>>;
};

/** All that `migrate status` shows, of one moment. */
export type Status = {
  environment: string;
  move: MoveState;
  hold: Hold | null;
  lag: { operations: number; seconds: number };
  failures: Failure[];
  conflicts: { total: number; latest: { move: string; key: string; reason: string }[] };
  pending: number;
  /** Events that came to capture and are in no log. */
  unread: UnreadCount[];
  moves: MoveStatus[];
  /** The next phase, and what its gate would refuse as far as it can be told without changing anything. */
  next: { phase: Phase; refuses: string[] } | null;
};

/** So many gaps are shown. */
const GAPS = 3;
const KINDS: readonly CertificateKind[] = ['base', 'parity', 'containment'];

/** What the gates of the last two phases would refuse now (teardown's). Changes nothing. */
export type TeardownRefusals = (
  environment: Environment,
  ledger: Pool,
  phase: 'retire' | 'done',
) => Promise<string[]>;

export async function readStatus(
  environment: Environment,
  ledger: Pool,
  teardownRefusals: TeardownRefusals,
): Promise<Status> {
  const [move, hold, lag, failures, conflicts, pending, unread] = await Promise.all([
    readMove(ledger),
    lastHold(ledger),
    replayLag(ledger),
    listFailures(ledger),
    listConflicts(ledger),
    countPending(ledger),
    unreadCounts(ledger),
  ]);
  const moves = await Promise.all(
    environment.moves.map(async ({ name, sourceBucket, targetBucket }): Promise<MoveStatus> => {
      const [sync, canary, lateEvents, certificates, gaps, base] = await Promise.all([
        syncProgress(ledger, name),
        lastCanary(ledger, name),
        readLateEvents(ledger, name),
        readCertificates(ledger, name),
        listGaps(ledger, name, GAPS),
        latestCertificate(ledger, 'base', name),
      ]);
      const stale = base === null ? null : await staleness(ledger, environment, base);
      const canarySeconds = canary === null ? null : (Date.now() - canary.receivedAt.getTime()) / 1000;
      const seen = { sync, canarySeconds, lateEvents, gaps, stale, certificates };
      return { name, sourceBucket, targetBucket, ...seen };
    }),
  );
  const status = {
    environment: environment.name,
    move,
    hold,
    lag,
    failures,
    conflicts: {
      total: conflicts.length,
      latest: conflicts.slice(-5).map(({ move: name, key, reason }) => ({ move: name, key, reason })),
    },
    pending,
    unread,
    moves,
  };
  return { ...status, next: await readNext(environment, ledger, status, teardownRefusals) };
}

/** One line; 64-bit numbers as text. */
export function statusJson(status: Status): string {
  return JSON.stringify(status, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

async function readCertificates(ledger: Pool, move: string): Promise<MoveStatus['certificates']> {
  const found: MoveStatus['certificates'] = {};
  for (const kind of KINDS) {
    const latest = await latestCertificate(ledger, kind, move);
    if (latest === null) continue;
    const { id, at, epoch, findings } = latest;
    found[kind] = { id, at, epoch, findings };
  }
  return found;
}

async function readNext(
  environment: Environment,
  ledger: Pool,
  status: Omit<Status, 'next'>,
  teardownRefusals: TeardownRefusals,
): Promise<Status['next']> {
  const here = status.move.phase === 'none' ? -1 : PHASES.indexOf(status.move.phase);
  const phase = PHASES[here + 1];
  if (phase === undefined) return null;
  try {
    return { phase, refuses: await refusals(environment, ledger, status, phase, teardownRefusals) };
  } catch (error) {
    return { phase, refuses: [`cannot be told now: ${messageOf(error)}`] };
  }
}

async function refusals(
  environment: Environment,
  ledger: Pool,
  status: Omit<Status, 'next'>,
  phase: Phase,
  teardownRefusals: TeardownRefusals,
): Promise<string[]> {
  switch (phase) {
    case 'prepare':
    case 'copy':
      return ['see: migrate preflight'];
    case 'cutover':
      return cutoverRefusals(environment, status);
    case 'retain':
      return workRefusals(status);
    case 'retire':
    case 'done':
      return teardownRefusals(environment, ledger, phase);
  }
}

/** What the gate of `cutover` would refuse. Pure. */
export function cutoverRefusals(
  environment: Pick<Environment, 'bounds'>,
  status: Pick<Status, 'moves' | 'failures' | 'lag'>,
): string[] {
  const refuses: string[] = [];
  for (const { name, sync, certificates, stale } of status.moves) {
    if (sync.state !== 'done') {
      refuses.push(`the bulk copy of ${name} is not complete (${sync.done} of ${sync.shards} shards)`);
    }
    const base = certificates.base;
    if (base === undefined) refuses.push(`${name} has no base certificate`);
    else if (base.findings > 0) refuses.push(`the base certificate of ${name} has ${base.findings} findings`);
    else if (stale !== null) refuses.push(`both listings of ${name} must be merged again: ${stale}`);
  }
  if (status.failures.length > 0) refuses.push(`${status.failures.length} keys are on the failed list`);
  const bound = environment.bounds.lagSeconds;
  if (status.lag.seconds > bound) {
    refuses.push(`replay is ${status.lag.seconds.toFixed(1)} s behind; the bound is ${bound} s`);
  }
  return refuses;
}

/** What the gate of `retain` would refuse, but for silence, which only time tells. Pure. */
export function workRefusals(status: Pick<Status, 'pending' | 'lag' | 'failures'>): string[] {
  const refuses: string[] = [];
  if (status.pending > 0) refuses.push(`${status.pending} keys are on S3 alone: migrate pending list`);
  if (status.lag.operations > 0)
    refuses.push(`${status.lag.operations} operations of S3 are not handled yet`);
  if (status.failures.length > 0) refuses.push(`${status.failures.length} keys are on the failed list`);
  return refuses;
}
