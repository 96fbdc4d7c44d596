import type { Environment } from '../../contract/environment.ts';
import { listedOf, type Certificate } from '../../ledger/certificates.ts';
import type { Database } from '../../ledger/database.ts';
import { gapSince, type CaptureGap } from '../../ledger/gaps.ts';

const HOUR_SECONDS = 3600;
const KEYS_A_PAGE = 1000;
/** https://aws.amazon.com/s3/pricing: $0.005 for 1,000 LISTs in us-east-1. */
const DOLLARS_A_LIST = 0.005 / 1000;

/**
 * Why the applications may not turn by a base certificate although it is clean: both listings must be merged again.
 * null where they may.
 */
export async function staleness(
  ledger: Database,
  { bounds }: Pick<Environment, 'bounds'>,
  certificate: Certificate,
): Promise<string | null> {
  const { move } = certificate;
  const listed = listedOf(certificate);
  const gap = await gapSince(ledger, move, listed.from);
  if (gap !== null) return describeGap(gap);
  const { rows } = await ledger.query<{ seconds: number }>(
    'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS seconds',
    [listed.at],
  );
  return describeAge(move, rows[0]?.seconds ?? Infinity, bounds.certificateSeconds);
}

/** Pure. */
export function describeGap({ move, beganAt, endedAt, why }: CaptureGap): string {
  const time = `from ${beganAt.toISOString()} until ${endedAt?.toISOString() ?? 'now: no canary has come through since'}`;
  return (
    `capture of ${move} had a gap ${time} (${why}): events may be lost, and the listings of its base certificate ` +
    'were read before that was over'
  );
}

/** null where it is young enough. Pure. */
export function describeAge(move: string, seconds: number, most: number): string | null {
  if (seconds <= most) return null;
  const hours = (value: number) => `${Number((value / HOUR_SECONDS).toFixed(1))} h`;
  return `the listings of ${move} were merged ${hours(seconds)} ago, and events can be lost: it must be less than ${hours(most)}`;
}

/** What a merge of both listings costs, for people. Pure. */
export function describeListing(objects: number, source: 'aws' | 'ceph'): string {
  const pages = Math.ceil(objects / KEYS_A_PAGE);
  const dollars = source === 'aws' ? `, about $${(pages * DOLLARS_A_LIST).toFixed(2)}` : '';
  return `${pages} LIST requests to each side${dollars}`;
}
