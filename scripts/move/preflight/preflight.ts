import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { checkAccess } from './access.ts';
import { blocking, type PreflightFinding } from './finding.ts';
import { checkSource } from './source.ts';
import { checkTarget } from './target.ts';

/**
 * Looks at all that the move needs and changes nothing. First whether everything can be reached and by
 * whom; only then what is in the buckets, because that cannot be told otherwise.
 */
export async function preflight(environment: Environment, ledger: Pool): Promise<PreflightFinding[]> {
  const access = [...(await checkLedger(ledger)), ...(await checkAccess(environment))];
  if (access.some(({ severity }) => severity === 'blocking')) return access;
  const contents = await Promise.all(
    environment.moves.flatMap((move) => [
      guarded(`source ${move.name}`, () => checkSource(environment, ledger, move)),
      guarded(`target ${move.name}`, () => checkTarget(environment, ledger, move)),
    ]),
  );
  return [...access, ...contents.flat()];
}

async function checkLedger(ledger: Pool): Promise<PreflightFinding[]> {
  try {
    await readMove(ledger);
    return [];
  } catch (error) {
    return [
      blocking(
        'ledger',
        `the ledger cannot be read: ${messageOf(error)}. Start PostgreSQL; pulumi up brings the schema up to date`,
      ),
    ];
  }
}

/** What cannot be checked blocks too. */
async function guarded(about: string, check: () => Promise<PreflightFinding[]>): Promise<PreflightFinding[]> {
  try {
    return await check();
  } catch (error) {
    return [blocking(about, `could not be looked at: ${messageOf(error)}`)];
  }
}
