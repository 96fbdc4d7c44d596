import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../ledger/database.ts';
import { commitHorizon } from '../../ledger/operations.ts';
import type { PairMemory } from '../common/pair-memory.ts';
import type { Finding } from '../../ledger/certificates.ts';
import { GIVEN_UP_ATTEMPTS } from '../../ledger/failures.ts';
import { compareKeys } from './scan.ts';
import type { Pair } from '../common/pair.ts';

/** What the log says of a key that differs. */
export type Motion = {
  /** An operation waits for replay. */
  open: boolean;
  /** It does so because the key failed too often. */
  givenUp: boolean;
  /**
   * An operation arrived since settling began, and so since the certificate's horizon: it may not have been handled
   * and compared since, and the next certificate compares the key again.
   */
  touchedLately: boolean;
};

/**
 * Whether a key that still differs when the time to settle is over is a finding. It is none while replay has
 * still to handle it, or has just done so: the next certificate looks at it again.
 */
export function isFinding(motion: Motion): boolean {
  if (motion.open) return motion.givenUp;
  return !motion.touchedLately;
}

/** Keys that are on their way. */
export type Moving = {
  count: number;
  first: string[];
  /** The oldest transaction of an operation that replay has not handled; null where there is none. */
  openSince: bigint | null;
};

/** Where the next certificate must go on so that it compares again what is on its way now. Pure. */
export function horizonBefore(horizon: string, { openSince }: Moving): string {
  return openSince !== null && openSince < BigInt(horizon) ? String(openSince) : horizon;
}

/** What became of the keys that differed when they were scanned. */
export type ComparedAgain = {
  /** Equal when compared again. */
  settled: number;
  /** Some of them have another ETag at the target. */
  otherEtags: boolean;
  moving: Moving;
  findings: Finding[];
};

const FIRST = 20;
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
  options: { seconds: number; full: boolean },
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
  const judged = await judge(ledger, pair.move.name, left, lately);
  return { settled: differing.length - left.length, otherEtags, ...judged };
}

/**
 * Which of the keys that differ are findings, by what the log says of them.
 *
 * @param lately what was touched from here on may not have been compared since
 */
export async function judge(
  ledger: Pool,
  move: string,
  differing: readonly Finding[],
  lately: string,
): Promise<Pick<ComparedAgain, 'moving' | 'findings'>> {
  const keys = differing.map(({ key }) => key);
  const motions = await motionOf(ledger, move, keys, lately);
  const moving: Moving = { count: 0, first: [], openSince: null };
  const findings: Finding[] = [];
  for (const finding of differing) {
    const motion = motions.get(finding.key) ?? UNTOUCHED;
    if (!isFinding(motion)) {
      addMoving(moving, { count: 1, first: [finding.key], openSince: motion.openSince });
    } else if (motion.givenUp) {
      findings.push({ ...finding, differs: [...finding.differs, 'replay could not handle it'] });
    } else findings.push(finding);
  }
  return { moving, findings };
}

/** Adds keys on their way to others. */
export function addMoving(to: Moving, more: Moving): void {
  to.count += more.count;
  to.first.push(...more.first.slice(0, FIRST - to.first.length));
  if (more.openSince !== null && (to.openSince === null || more.openSince < to.openSince)) {
    to.openSince = more.openSince;
  }
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

type Logged = Motion & { openSince: bigint | null };

const UNTOUCHED: Logged = {
  open: false,
  givenUp: false,
  touchedLately: false,
  openSince: null,
};

async function motionOf(
  ledger: Pool,
  move: string,
  keys: string[],
  lately: string,
): Promise<Map<string, Logged>> {
  if (keys.length === 0) return new Map();
  const { rows } = await ledger.query<{ key: string; openSince: string | null } & Motion>(
    `SELECT o.key, bool_or(o.retired_at IS NULL) AS open,
            bool_or(o.retired_at IS NULL AND f.key IS NOT NULL) AS "givenUp",
            bool_or(o.transaction >= $3::xid8) AS "touchedLately",
            (min(o.transaction) FILTER (WHERE o.retired_at IS NULL))::text AS "openSince"
     FROM operation o
     LEFT JOIN failed_key f ON f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.attempts >= $4
     WHERE o.move = $1 AND o.key = ANY($2::text[]) AND o.kind <> 'canary' GROUP BY o.key`,
    [move, keys, lately, GIVEN_UP_ATTEMPTS],
  );
  return new Map(
    rows.map(({ key, openSince, ...motion }) => [
      key,
      { ...motion, openSince: openSince === null ? null : BigInt(openSince) },
    ]),
  );
}
