import type { PreHold } from '../../ledger/pre-hold.ts';

/**
 * Whether an operation was done before the hold, though S3 tells of it only now: by S3's own clock before the
 * hold's canary was written, and received within the window after the turn, by the ledger's clock. Pure.
 */
export function isPreHold(
  { eventTime, receivedAt }: { eventTime: Date | null; receivedAt: Date },
  { eventsBefore, receivedUntil }: PreHold,
): boolean {
  if (eventTime === null || receivedAt >= receivedUntil) return false;
  return eventTime < eventsBefore;
}
