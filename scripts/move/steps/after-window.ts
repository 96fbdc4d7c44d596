import { sleep } from '../../contract/wait.ts';
import type { Environment } from '../../contract/environment.ts';
import { latestCertificate } from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { readPreHold, secondsOfWindow } from '../../ledger/pre-hold.ts';
import { requireComparison } from '../common/comparison.ts';
import { certifyContainment } from '../teardown/certify.ts';
import { takeContainmentCertificate } from '../verify/containment.ts';
import type { PhaseContext } from './context.ts';
import { refusal } from './refusal.ts';

/**
 * The last merge of both listings, once S3 tells no more of before the hold: what it never told shows here, and not
 * only when S3 is about to be emptied. Events can be lost, so the log alone proves nothing.
 */
export async function certifyAfterWindow(context: PhaseContext): Promise<void> {
  const { environment, ledger, say } = context;
  await waitForWindow(context);
  if (environment.workers.kind === 'kubernetes') {
    return requireComparison(context, 'containment', () => lackingAfterWindow(environment, ledger));
  }
  if ((await lackingAfterWindow(environment, ledger)).length === 0) return;
  const wrong = await certifyContainment(environment, ledger, say, takeContainmentCertificate);
  if (wrong.length > 0) throw refusal(wrong);
}

async function waitForWindow({ environment, ledger, say }: PhaseContext): Promise<void> {
  const left = await secondsOfWindow(ledger);
  if (left <= 0) return;
  if (!environment.wait) {
    throw refusal([
      `S3 may still tell of what was done before the hold, for ${Math.ceil(left)} s (storage:lateEventSeconds). Run pulumi up again then`,
    ]);
  }
  say(`waits ${Math.ceil(left)} s for what S3 tells late of before the hold`);
  await sleep(left * 1000);
}

/** Which moves have no clean containment certificate of this epoch since their window ended. */
async function lackingAfterWindow({ moves }: Environment, ledger: Pool): Promise<string[]> {
  const { epoch } = await readMove(ledger);
  const lacking = await Promise.all(
    moves.map(async ({ name }) => {
      const [taken, window] = await Promise.all([
        latestCertificate(ledger, 'containment', name),
        readPreHold(ledger, name),
      ]);
      const isLate = taken !== null && (window === null || taken.at >= window.receivedUntil);
      if (taken === null || !isLate || taken.epoch !== epoch) {
        return [`${name} has no containment certificate since the window for what S3 tells late has ended`];
      }
      return taken.findings === 0
        ? []
        : [
            `the containment certificate of ${name} has ${taken.findings} findings: migrate verify --kind containment --move ${name}`,
          ];
    }),
  );
  return lacking.flat();
}
