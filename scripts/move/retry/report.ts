import type { Failure } from '../../ledger/failures.ts';
import type { Retried } from '../../ledger/retry.ts';

/** Failed keys that a person is shown; JSON has all. */
const SHOWN = 100;

/** A line a key: where, which, how often, why. */
export function describeFailures(failures: readonly Failure[]): string[] {
  const more =
    failures.length > SHOWN ? [`… and ${failures.length - SHOWN} more: --json lists them all`] : [];
  return [...failures.slice(0, SHOWN).map(describeFailure), ...more];
}

function describeFailure({ move, stage, key, attempts, lastAt, reason }: Failure): string {
  const tried =
    attempts === 0 ? 'put back' : `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, last at`;
  const at = attempts === 0 ? '' : ` ${lastAt.toISOString()}`;
  return `${move}  ${stage.padEnd(9)}  ${JSON.stringify(key)}  ${tried}${at}: ${reason}`;
}

export function describeList(failures: readonly Failure[]): string {
  if (failures.length === 0) return 'no key is on the failed list';
  const next = 'Try them again, once the reason is mended: migrate retry --all';
  return [...describeFailures(failures), next].join('\n');
}

export function listJson(failures: readonly Failure[]): string {
  return JSON.stringify({ type: 'summary', exitCode: failures.length > 0 ? 1 : 0, failed: failures });
}

/**
 * What became of the keys.
 *
 * @param next what follows for keys of sync, for example `migrate sync goes on with them`
 */
export function describeRetried(
  { retried, left, reopenedShards }: Retried,
  next: string,
  dryRun: boolean,
): string {
  const lines: string[] = [];
  if (retried.length + left.length === 0) lines.push('no key on the failed list fits');
  if (retried.length > 0) {
    lines.push(`${dryRun ? 'would put back' : 'put back'} ${retried.length} ${keys(retried.length)}:`);
    lines.push(...describeFailures(retried).map((line) => `  ${line}`));
  }
  if (reopenedShards > 0) {
    lines.push(
      `${reopenedShards} ${reopenedShards === 1 ? 'shard' : 'shards'} of sync opened again; ${next}`,
    );
  }
  if (left.length > 0) {
    lines.push(
      `${left.length} ${keys(left.length)} of sync stay as they are: applications write to the target, or are about to, and sync would undo their writes`,
    );
  }
  return lines.join('\n');
}

export function retriedJson(retried: Retried, exitCode: number, dryRun: boolean): string {
  return JSON.stringify({ type: 'summary', exitCode, dryRun, ...retried });
}

function keys(count: number): string {
  return count === 1 ? 'key' : 'keys';
}
