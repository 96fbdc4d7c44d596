import { clockOf, type Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { isArchiveRule } from '../../contract/names.ts';
import { withControl } from '../common/source-control.ts';
import { assertWritesRefused, deniesWrites } from './deny.ts';
import { retireGuards } from './facts.ts';
import { certifiedWhileExpiring, certifyContainment, type TakeContainment } from './certify.ts';
import { EXPIRY_RULES, rulesStand, takeRulesBack } from './rules.ts';

/**
 * Has the source buckets expire all they hold, by lifecycle rules merged into the customer's own.
 * Removal is asynchronous: `sourceIsEmpty` says when it is done. Every guard is asked again first; a
 * containment certificate that got stale is taken again, which is safe while writes are denied. Once the rules are set
 * the log and the buckets are looked at once more, and what came late has them taken back.
 *
 * @throws UserError exit 1 with what is missing; then no rule stands
 */
export async function expireSource(
  environment: Environment,
  options: { takeContainment: TakeContainment; say?: (line: string) => void; now?: Date },
): Promise<void> {
  const say = options.say ?? (() => undefined);
  const { takeContainment } = options;
  const now = options.now ?? clockOf(environment)();
  const ledger = openLedger(environment.ledger, { application: `migrate expire (pid ${process.pid})` });
  try {
    await assertReachable(ledger);
    const inCluster = environment.workers.kind === 'kubernetes';
    if ((await rulesStand(environment)) === 'all') {
      say('the expiry rules are set already');
      // One that was killed right after it had set them has not looked again.
      if (inCluster || (await certifiedWhileExpiring(environment, ledger))) return;
    } else {
      await assertMayExpire(environment, ledger, now, say, takeContainment);
      await setRules(environment, say);
    }
    const late = await lookAgain(environment, ledger, now, say, takeContainment);
    if (late.length === 0) return;
    await takeRulesBack(environment);
    throw refused(late, 'the expiry rules, which were set for a moment, are taken back');
  } finally {
    await ledger.end();
  }
}

async function setRules(environment: Environment, say: (line: string) => void): Promise<void> {
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of environment.moves) {
      say(`sets the rules that expire ${sourceBucket}`);
      // Nothing may begin its way to another class, with its least storage time, while it is expired.
      const archive = (await control.lifecycleIds(sourceBucket)).filter(isArchiveRule);
      await control.mergeLifecycle(sourceBucket, [...EXPIRY_RULES], archive);
    }
  });
}

/**
 * What came to S3 after the last look, by the log and by another listing: a write that was let in before the deny may
 * end after it. The rules leave it a day.
 */
async function lookAgain(
  environment: Environment,
  ledger: Pool,
  now: Date,
  say: (line: string) => void,
  takeContainment: TakeContainment,
): Promise<string[]> {
  const missing = await retireGuards(environment, ledger, now, { watchReads: false });
  // In a cluster a listing takes hours; elsewhere it is taken here, whatever the log says.
  if (environment.workers.kind === 'kubernetes') return missing.map(({ message }) => message);
  const others = missing.filter(({ guard }) => guard !== 'certificate');
  if (others.length > 0) return others.map(({ message }) => message);
  return certifyContainment(environment, ledger, say, takeContainment);
}

async function assertMayExpire(
  environment: Environment,
  ledger: Pool,
  now: Date,
  say: (line: string) => void,
  takeContainment: TakeContainment,
): Promise<void> {
  if (!(await deniesWrites(environment))) {
    throw refused(['writes to the source buckets are not denied; only then is a certificate the last word']);
  }
  await assertWritesRefused(environment);
  const ask = () => retireGuards(environment, ledger, now, { watchReads: false });
  let missing = await ask();
  const stale = missing.length > 0 && missing.every(({ guard }) => guard === 'certificate');
  // In a cluster that takes hours: the gate had it taken, and asks again when it is entered again.
  if (stale && environment.workers.kind !== 'kubernetes') {
    const findings = await certifyContainment(environment, ledger, say, takeContainment);
    if (findings.length > 0) throw refused(findings);
    missing = await ask();
  }
  if (missing.length > 0) throw refused(missing.map(({ message }) => message));
}

function refused(missing: string[], done = 'nothing was removed'): UserError {
  return new UserError(
    `S3 is not expired; ${done}. What is missing:\n  - ${missing.join('\n  - ')}\n` +
      'To mend it with replay at work again, set storage:phase back to retain.',
    { exitCode: 1 },
  );
}
