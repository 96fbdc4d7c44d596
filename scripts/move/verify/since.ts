/** For how long a key has been wrong: since the turn, as far as the ledger knows when that was. */
export function sinceTurn(cutoverAt: Date | null, now = new Date()): string {
  if (cutoverAt === null) return '';
  const seconds = Math.max(0, Math.round((now.getTime() - cutoverAt.getTime()) / 1000));
  return ` (wrong since the turn at ${cutoverAt.toISOString()}, ${seconds} s ago)`;
}
