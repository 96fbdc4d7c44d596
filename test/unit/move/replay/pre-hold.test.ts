import { expect, test } from 'vitest';
import { isPreHold } from '../../../../scripts/move/replay/pre-hold.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
/** S3's clock is an hour behind the ledger's: the two are never compared. */
const window = { eventsBefore: at(-3600), receivedUntil: at(900) };

test.each<[string, Date | null, Date, boolean]>([
  ['dated before the canary and received in the window is pre-hold', at(-3600.001), at(70), true],
  ["dated as the hold's canary is a straggler's", at(-3600), at(70), false],
  ['received when the window has ended is too late', at(-4000), at(900), false],
  ['received just before its end is in time', at(-4000), at(899.999), true],
  ['without a time is not known to be pre-hold', null, at(1), false],
])('an event %s', (_, eventTime, receivedAt, wanted) => {
  expect(isPreHold({ eventTime, receivedAt }, window)).toBe(wanted);
});
