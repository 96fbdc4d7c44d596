import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../ledger/database.ts';
import { commitHorizon } from '../../ledger/operations.ts';
import type { PairMemory } from '../common/pair-memory.ts';
import type { Finding } from '../../ledger/certificates.ts';
import { compareKeys } from './scan.ts';
import type { Pair } from '../common/pair.ts';

/** What the log says of a key that differs. */
export type Motion = {
  /** An operation waits for replay. */
  open: boolean;
  /** An operation arrived since the certificate's horizon: the next certificate compares the key again. */
  touched: boolean;
  /** An operation arrived since settling began: it may not have been handled and compared since. */
  touchedLately: boolean;
};

/**
 * Whether a key that still differs when the time to settle is over is a finding. It is none while the
 * log shows that it is on its way *and* that the next certificate will look at it again.
 */
export function isFinding(motion: Motion): boolean {
  if (!motion.touched) return true;
  return !motion.open && !motion.touchedLately;
}

/** What became of the keys that differed when they were scanned. */
export type ComparedAgain = {
  /** Equal when compared again. */
  settled: number;
  /** Some of them have another ETag at the target. */
  otherEtags: boolean;
  /** Still on their way; covered by the horizon. */
  moving: string[];
  findings: Finding[];
};

const PAUSE_MILLISECONDS = 250;

/**
 * Compares keys that differ again and again, while clients write and replay works: until they are equal
 * or `seconds` have passed. An event may be on its way though the log shows nothing yet, so even a key
 * that nobody seems to have touched gets that time.
 */
export async function compareAgain(
  pair: Pair,
  memory: PairMemory,
  ledger: Pool,
  differing: Finding[],
  options: { horizon: string; seconds: number; full: boolean },
): Promise<ComparedAgain> {
  const began = performance.now();
  const lately = await commitHorizon(ledger);
  let left = differing;
  let otherEtags = false;
  const once = { full: options.full, unequal: new Map<string, string>() };
  for (;;) {
    const round = await compareOnce(pair, memory, left, once);
    left = round.left;
    otherEtags ||= round.otherEtags;
    const over = performance.now() - began >= options.seconds * 1000;
    if (left.length === 0 || over) break;
    await sleep(PAUSE_MILLISECONDS);
  }
  const moving: string[] = [];
  const findings: Finding[] = [];
  const motions = await motionOf(
    ledger,
    pair.move.name,
    left.map((finding) => finding.key),
    options.horizon,
    lately,
  );
  for (const finding of left) {
    const motion = motions.get(finding.key) ?? { open: false, touched: false, touchedLately: false };
    if (!isFinding(motion)) moving.push(finding.key);
    else if (motion.open)
      findings.push({ ...finding, differs: [...finding.differs, 'replay has not handled it'] });
    else findings.push(finding);
  }
  return { settled: differing.length - left.length, otherEtags, moving, findings };
}

async function compareOnce(
  pair: Pair,
  memory: PairMemory,
  keys: Finding[],
  options: { full: boolean; unequal: Map<string, string> },
): Promise<{ left: Finding[]; otherEtags: boolean }> {
  const left: Finding[] = [];
  let otherEtags = false;
  const names = keys.map(({ key }) => key);
  for await (const { key, differs, targetEtag } of compareKeys(pair, memory, names, options)) {
    if (differs.length > 0) left.push({ key, differs });
    else otherEtags ||= targetEtag !== undefined;
  }
  return { left, otherEtags };
}

async function motionOf(
  ledger: Pool,
  move: string,
  keys: string[],
  horizon: string,
  lately: string,
): Promise<Map<string, Motion>> {
  if (keys.length === 0) return new Map();
  const { rows } = await ledger.query<{ key: string } & Motion>(
    `SELECT key, bool_or(retired_at IS NULL) AS open, bool_or(transaction >= $3::xid8) AS touched,
            bool_or(transaction >= $4::xid8) AS "touchedLately"
     FROM operation WHERE move = $1 AND key = ANY($2::text[]) AND kind <> 'canary' GROUP BY key`,
    [move, keys, horizon, lately],
  );
  return new Map(rows.map(({ key, ...motion }) => [key, motion]));
}
