import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { latestCertificate, type Certificate } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { countTouchedSince, touchedSince } from '../../ledger/operations.ts';
import { recertify, takeBaseCertificate } from '../verify/parity.ts';
import type { PhaseContext } from './context.ts';
import { requireComparison } from '../common/comparison.ts';
import { describeGap, describeListing, staleness } from '../common/freshness.ts';
import { beginGap, canarySilence, describeSilence, openGap } from '../../ledger/gaps.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { Deadline, sleep } from '../../contract/wait.ts';
import { waitForReplay } from './replay-lag.ts';

/** So few keys are left for the hold to compare that they fit into it with room to spare. */
const FEW_KEYS = 100;
const MOST_ROUNDS = 5;
/** So many keys are compared within a step that has 15 minutes, with room to spare. */
const KEYS_IN_A_STEP = 100_000;

const LOOK_EVERY_MILLISECONDS = 500;
/** One to be written after the entry was put back, and one more should it be late. */
const CANARIES_WAITED_FOR = 3;
/** Replay that has not come nearer for so long, at least, does not catch up. */
const STANDSTILL_SECONDS = 15;

type Comparing = Pick<PhaseContext, 'environment' | 'ledger' | 'say'>;

/**
 * Sees to a base certificate without findings whose horizon is so recent that the hold need compare
 * only a few keys: a full scan where there is none, then rounds over the keys touched meanwhile. All of
 * this runs while clients write; only the last few keys are left for the hold.
 *
 * Where the long work runs in a cluster, so does all of this but the last rounds: a step that may not wait
 * starts it and refuses until it is done.
 */
export async function bringUpToNow(context: PhaseContext): Promise<void> {
  const { environment, ledger } = context;
  await requireCapture(context);
  if (environment.workers.kind === 'kubernetes') {
    await requireComparison(context, 'verify', () => lackingBase(environment, ledger));
    return compareUpToNow(context, { listings: 'never' });
  }
  if (!environment.wait) {
    for (const { name } of environment.moves) {
      if ((await latestCertificate(ledger, 'base', name)) !== null) continue;
      throw new UserError(
        `Refused: no base certificate for ${name}. Take one: migrate verify --kind base --move ${name}`,
        { exitCode: 1 },
      );
    }
  }
  return compareUpToNow(context, { listings: 'always' });
}

/**
 * The comparison itself.
 *
 * @param options.listings how often both listings are gone through as well, because events can be lost:
 *   in every round; once, where that takes hours; never, where it was done lately
 */
export async function compareUpToNow(
  context: Comparing,
  options: { listings: 'always' | 'once' | 'never' },
): Promise<void> {
  const { environment, ledger, say } = context;
  for (const move of environment.moves) {
    let listings = options.listings !== 'never';
    let certificate = await latestCertificate(ledger, 'base', move.name);
    if (certificate === null || certificate.findings > 0) {
      await replayIsNear(context);
      say(`compares all of ${move.name} on both sides`);
      certificate = await takeBaseCertificate(environment, ledger, move);
      if (options.listings === 'once') listings = false;
    } else {
      const stale = await staleness(ledger, environment, certificate);
      if (stale !== null) await sayStale(context, move, stale);
    }
    for (let round = 1; round <= MOST_ROUNDS && certificate.findings === 0; round += 1) {
      const touched = await touchedSince(ledger, move.name, certificate.horizon);
      if (touched.length <= FEW_KEYS && round > 1) break;
      await replayIsNear(context);
      say(`compares ${touched.length} keys of ${move.name} that changed meanwhile`);
      certificate = await recertify(environment, ledger, move, { listings });
      if (options.listings === 'once') listings = false;
    }
    if (certificate.findings > 0) throw differing(certificate);
    const stale = await staleness(ledger, environment, certificate);
    if (stale !== null) {
      throw new UserError(`Refused: ${stale}. Run pulumi up again: it merges both listings again.`, {
        exitCode: 1,
      });
    }
  }
}

/**
 * Refuses while a gap in capture is open: a certificate that is made now would be stale when it ends. Where a step
 * waits, it gives the canary the time to come through.
 */
async function requireCapture({ environment, ledger, say }: Comparing): Promise<void> {
  const { canarySeconds, requestSeconds } = environment.bounds;
  const deadline = new Deadline(environment.wait ? canarySeconds * CANARIES_WAITED_FOR + requestSeconds : 0);
  for (const { name } of environment.moves) {
    // Who writes the canaries, and looks at that else, may be down itself.
    const silence = await canarySilence(ledger, name);
    if (silence !== null && silence > environment.bounds.canarySilenceSeconds) {
      await beginGap(ledger, name, describeSilence(silence));
    }
    let gap = await openGap(ledger, name);
    if (gap !== null) say(`  waits for a canary: ${gap.why}`);
    while (gap !== null && deadline.remainingSeconds > 0) {
      await sleep(LOOK_EVERY_MILLISECONDS);
      gap = await openGap(ledger, name);
    }
    if (gap === null) continue;
    throw new UserError(
      `Refused; nothing was compared: ${describeGap(gap)}. Prove capture (migrate capture canary), see that its worker ` +
        'runs (heartbeat on AWS, else capture), and run pulumi up again when migrate status shows that the gap has ended.',
      { exitCode: 1 },
    );
  }
}

/** Comparing what replay has still before it would find much of the bucket on its way. */
async function replayIsNear(context: Comparing): Promise<void> {
  const { leaseSeconds, requestSeconds } = context.environment.bounds;
  // A worker that dies keeps its keys for so long, and nothing is wrong with that.
  const standstillSeconds = Math.max(STANDSTILL_SECONDS, leaseSeconds + requestSeconds);
  const behind = await waitForReplay(context, { standstillSeconds });
  if (behind === null) return;
  throw new UserError(`Refused; nothing was compared: ${behind}.`, { exitCode: 1 });
}

/** Says what the listings cost that are merged again. */
async function sayStale({ environment, ledger, say }: Comparing, move: Move, stale: string): Promise<void> {
  const { objects } = await syncProgress(ledger, move.name);
  const source = environment.source.kind === 'aws' ? 'aws' : 'ceph';
  say(`  ${stale}; both listings are merged again: ${describeListing(objects, source)}`);
}

function differing({ findings, move, document }: Certificate): UserError {
  const moving = (document['moving'] as { count: number } | undefined)?.count ?? 0;
  const besides =
    moving === 0 ? '' : ` (${moving} other keys are not counted: replay has not handled their changes yet)`;
  return new UserError(
    `Refused: ${findings} keys of ${move} differ between S3 and Ceph, and replay has nothing left to do for them${besides}. ` +
      `See which: migrate verify --kind base --move ${move}; ` +
      'mend them by another sync (migrate sync), or waive them by name (migrate verify waive).',
    { exitCode: 1 },
  );
}

/** Why the last rounds do not fit into a step yet, a line a move; empty where they do. */
async function lackingBase(environment: Environment, ledger: Pool): Promise<string[]> {
  const lines = await Promise.all(environment.moves.map((move) => lackingBaseOf(environment, ledger, move)));
  return lines.flat();
}

async function lackingBaseOf(environment: Environment, ledger: Pool, { name }: Move): Promise<string[]> {
  const certificate = await latestCertificate(ledger, 'base', name);
  if (certificate === null) return [`there is no base certificate for ${name}`];
  if (certificate.findings > 0) return [differing(certificate).message];
  const stale = await staleness(ledger, environment, certificate);
  if (stale !== null) {
    const { objects } = await syncProgress(ledger, name);
    return [`${stale}. Both are merged again: ${describeListing(objects, 'aws')}`];
  }
  const touched = await countTouchedSince(ledger, name, certificate.horizon);
  return touched <= KEYS_IN_A_STEP
    ? []
    : [`${touched} keys of ${name} changed since its base certificate of ${certificate.at.toISOString()}`];
}
