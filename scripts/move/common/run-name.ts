/** The newest runs of all moves: what the work of today belongs to, and not that of a copy before it. */
export function runName(progress: readonly { run: bigint | null }[]): string {
  return progress.map(({ run }) => run ?? 0n).join('-');
}
