import type { Environment } from '../../contract/environment.ts';
import type { Database } from '../../ledger/database.ts';
import { listFailures, type Failure } from '../../ledger/failures.ts';
import { megabytes, readProgress, type MoveProgress } from './progress.ts';

/** What a run of sync came to. */
export type SyncReport = { moves: MoveProgress[]; failed: Failure[] };

/** Failed keys that a person is shown; JSON has all. */
const SHOWN = 20;

export async function readReport(environment: Environment, ledger: Database): Promise<SyncReport> {
  const moves = await readProgress(environment, ledger);
  const names = new Set(moves.map(({ move }) => move));
  // A ledger may know of other moves as well.
  const failed = (await listFailures(ledger)).filter(
    ({ stage, move }) => stage === 'sync' && names.has(move),
  );
  return { moves, failed };
}

/** Two lines a move, and the failed keys, for people. */
export function describeReport({ moves, failed }: SyncReport): string {
  const lines = moves.map(
    ({ move, objects, copied, copiedBytes, deleted }) =>
      `${move}: ${objects} objects looked at, ${copied} copied (${megabytes(copiedBytes)}), ${deleted} deleted at the target`,
  );
  return [...lines, ...describeFailed(failed)].join('\n');
}

export function describeFailed(failed: readonly Failure[]): string[] {
  if (failed.length === 0) return [];
  const more = failed.length > SHOWN ? [`  … and ${failed.length - SHOWN} more: --json lists them all`] : [];
  return [
    `${failed.length} keys could not be copied:`,
    ...failed.slice(0, SHOWN).map(({ move, key, reason }) => `  ${move}/${key}: ${reason}`),
    ...more,
    'Try them again, once the reason is mended: migrate retry --all, then migrate sync',
  ];
}

/** The last line for machines. */
export function reportJson({ moves, failed }: SyncReport, exitCode: number): string {
  const all = moves.map(({ run, ...rest }) => ({ ...rest, run: run === null ? null : String(run) }));
  return JSON.stringify({ type: 'summary', exitCode, moves: all, failed });
}
