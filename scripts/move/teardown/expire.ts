import { clockOf, type Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { isArchiveRule } from '../../contract/names.ts';
import { withControl } from '../common/source-control.ts';
import { assertWritesRefused, deniesWrites } from './deny.ts';
import { retireGuards } from './facts.ts';
import { certifyContainment, type TakeContainment } from './certify.ts';
import { EXPIRY_RULES, rulesStand } from './rules.ts';

/**
 * Has the source buckets expire all they hold, by lifecycle rules merged into the customer's own.
 * Removal is asynchronous: `sourceIsEmpty` says when it is done. Every guard is asked again first; a
 * containment certificate that got stale is taken again, which is safe while writes are denied. Where our
 * rules are in every bucket already, nothing is done.
 *
 * @throws UserError exit 1 with what is missing; then no rule was set
 */
export async function expireSource(
  environment: Environment,
  options: { takeContainment: TakeContainment; say?: (line: string) => void; now?: Date },
): Promise<void> {
  const say = options.say ?? (() => undefined);
  if ((await rulesStand(environment)) === 'all') {
    say('the expiry rules are set already');
    return;
  }
  const ledger = openLedger(environment.ledger, { application: `migrate expire (pid ${process.pid})` });
  try {
    await assertReachable(ledger);
    await assertMayExpire(
      environment,
      ledger,
      options.now ?? clockOf(environment)(),
      say,
      options.takeContainment,
    );
  } finally {
    await ledger.end();
  }
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of environment.moves) {
      say(`sets the rules that expire ${sourceBucket}`);
      // Nothing may begin its way to another class, with its least storage time, while it is expired.
      const archive = (await control.lifecycleIds(sourceBucket)).filter(isArchiveRule);
      await control.mergeLifecycle(sourceBucket, [...EXPIRY_RULES], archive);
    }
  });
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

function refused(missing: string[]): UserError {
  return new UserError(
    `S3 is not expired; nothing was removed. What is missing:\n  - ${missing.join('\n  - ')}\n` +
      'To mend it with replay at work again, set storage:phase back to retain.',
    { exitCode: 1 },
  );
}
