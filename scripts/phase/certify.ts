import { UserError } from '../errors.ts';
import { latestCertificate } from '../ledger/certificates.ts';
import { touchedSince } from '../ledger/operations.ts';
import { recertify, takeBaseCertificate } from '../verify/parity.ts';
import type { PhaseContext } from './context.ts';

/** So few keys are left for the hold to compare that they fit into it with room to spare. */
const FEW_KEYS = 100;
const MOST_ROUNDS = 5;

/**
 * Sees to a base certificate without findings whose horizon is so recent that the hold need compare
 * only a few keys: a full scan where none stands, then rounds over the keys touched meanwhile. All of
 * this runs while clients write; only the last few keys are left for the hold.
 */
export async function bringUpToNow(context: PhaseContext): Promise<void> {
  const { environment, ledger, say } = context;
  for (const move of environment.moves) {
    let certificate = await latestCertificate(ledger, 'base', move.name);
    if (certificate === null || certificate.findings > 0) {
      if (certificate === null && !environment.wait) {
        throw new UserError(
          `Refused: no base certificate for ${move.name}. Take one: migrate verify --kind base --move ${move.name}`,
          { exitCode: 1 },
        );
      }
      say(`compares all of ${move.name} on both sides`);
      certificate = await takeBaseCertificate(environment, ledger, move);
    }
    for (let round = 1; round <= MOST_ROUNDS && certificate.findings === 0; round += 1) {
      const touched = await touchedSince(ledger, move.name, certificate.horizon);
      if (touched.length <= FEW_KEYS && round > 1) break;
      say(`compares ${touched.length} keys of ${move.name} that changed meanwhile`);
      certificate = await recertify(environment, ledger, move);
    }
    if (certificate.findings > 0) {
      throw new UserError(
        `Refused: ${certificate.findings} keys of ${move.name} differ between S3 and Ceph. See which: migrate verify --kind base --move ${move.name}; ` +
          'mend them by another sync (migrate sync), or waive them by name (migrate verify waive).',
        { exitCode: 1 },
      );
    }
  }
}
