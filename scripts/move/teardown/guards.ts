import { READS_WAIVER } from '../../contract/names.ts';
import type { Phase } from '../../ledger/move.ts';

/** What is known before anything is removed from S3. Collected by `facts.ts`, judged here. */
export type RetireFacts = {
  /** By the move's clock, which a rehearsal may set ahead. */
  now: Date;
  phase: Phase | 'none';
  writesGoTo: 'source' | 'target';
  epoch: bigint;
  cutoverAt: Date | null;
  /** How long S3 must have been kept. */
  keepDays: number;
  quietSeconds: number;
  /** Since somebody but us last wrote to S3, by the log and the ledger's own clock; null: never. */
  secondsSinceWrite: number | null;
  /** Reads of S3 by anybody, seen while we read nothing; `unknown` where the store does not tell and nobody says so. */
  reads: { count: number; seconds: number } | 'unknown' | 'not asked';
  openOperations: number;
  failedKeys: number;
  pendingKeys: number;
  /** Waived objects that are still on S3: an expiry of the whole bucket would take them too. */
  waived: { move: string; key: string }[];
  certificates: CertificateFact[];
};

/** The newest containment certificate of one move. */
export type CertificateFact = {
  move: string;
  /** null where none was taken. */
  taken: { at: Date; epoch: bigint; findings: number; operationsSince: number } | null;
};

export type GuardName =
  | 'phase'
  | 'days'
  | 'quiet'
  | 'reads'
  | 'open operations'
  | 'failed keys'
  | 'pending list'
  | 'waived objects'
  | 'certificate';

/** A guard that does not hold, in words that say what to do. */
export type Missing = { guard: GuardName; message: string };

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** The guards of `retire` that do not hold. Empty: all do. */
export function evaluateGuards(facts: RetireFacts): Missing[] {
  return [
    ...phaseGuard(facts),
    ...daysGuard(facts),
    ...quietGuard(facts),
    ...workGuards(facts),
    ...waivedGuard(facts),
    ...facts.certificates.flatMap((fact) => certificateGuard(fact, facts.epoch)),
  ];
}

function phaseGuard({ phase, writesGoTo }: RetireFacts): Missing[] {
  if ((phase === 'retain' || phase === 'retire') && writesGoTo === 'target') return [];
  const where = writesGoTo === 'source' ? 'the applications still write to S3' : `the move is in ${phase}`;
  return [
    {
      guard: 'phase',
      message: `${where}; S3 is emptied only after retain. Go through the phases: pulumi config set storage:phase …`,
    },
  ];
}

function daysGuard({ cutoverAt, keepDays, now }: RetireFacts): Missing[] {
  if (cutoverAt === null) return []; // the guard of the phase says so
  const until = new Date(cutoverAt.getTime() + keepDays * DAY_MILLISECONDS);
  if (now.getTime() >= until.getTime()) return [];
  const days = (until.getTime() - now.getTime()) / DAY_MILLISECONDS;
  return [
    {
      guard: 'days',
      message: `S3 is kept for ${keepDays} days after the cutover, until ${until.toISOString()}: ${days.toFixed(2)} days are left. Wait`,
    },
  ];
}

function quietGuard({ secondsSinceWrite, quietSeconds, reads }: RetireFacts): Missing[] {
  const missing: Missing[] = [];
  if (secondsSinceWrite !== null && secondsSinceWrite < quietSeconds) {
    missing.push({
      guard: 'quiet',
      message: `somebody wrote to S3 ${secondsSinceWrite.toFixed(1)} s ago; it must have been quiet for ${quietSeconds} s. Find the application that does not follow the parameter (migrate status)`,
    });
  }
  if (reads === 'unknown') {
    missing.push({
      guard: 'reads',
      message:
        'nothing here tells whether somebody still reads S3, and who does would fail once it is emptied. ' +
        "Look at the buckets' request metrics of the last 24 hours (GetRequests, ListRequests), and say for each move that you did: " +
        `migrate verify waive --move NAME --key ${READS_WAIVER} --reason TEXT --by PERSON`,
    });
  } else if (reads !== 'not asked' && reads.count > 0) {
    missing.push({
      guard: 'reads',
      message: `somebody sent ${reads.count} reads to S3 within ${reads.seconds.toFixed(0)} s; they would fail once it is emptied. Find the application that does not follow the parameter`,
    });
  }
  return missing;
}

function workGuards(facts: RetireFacts): Missing[] {
  const missing: Missing[] = [];
  if (facts.openOperations > 0) {
    missing.push({
      guard: 'open operations',
      message: `${facts.openOperations} operations of S3 are not handled yet. Wait for replay, or see why it does not work: migrate status`,
    });
  }
  if (facts.failedKeys > 0) {
    missing.push({
      guard: 'failed keys',
      message: `${facts.failedKeys} keys are on the failed list. See their reasons and mend them: migrate status`,
    });
  }
  if (facts.pendingKeys > 0) {
    missing.push({
      guard: 'pending list',
      message: `${facts.pendingKeys} keys are still on S3 alone. Have them copied: migrate pending list`,
    });
  }
  return missing;
}

function waivedGuard({ waived }: RetireFacts): Missing[] {
  if (waived.length === 0) return [];
  const named = waived.slice(0, 5).map(({ move, key }) => `${JSON.stringify(key)} of ${move}`);
  const more = waived.length > 5 ? ` and ${waived.length - 5} more` : '';
  return [
    {
      guard: 'waived objects',
      message: `${waived.length} waived objects are still on S3 (${named.join(', ')}${more}) and are never expired, while retire expires all of the bucket. Move them to another bucket or delete them yourself`,
    },
  ];
}

function certificateGuard({ move, taken }: CertificateFact, epoch: bigint): Missing[] {
  const again = `Take one: migrate verify --kind containment --move ${move}`;
  const say = (reason: string): Missing[] => [{ guard: 'certificate', message: `${reason}. ${again}` }];
  if (taken === null) return say(`there is no containment certificate for ${move}`);
  const of = `the containment certificate for ${move} of ${taken.at.toISOString()}`;
  if (taken.epoch !== epoch) {
    return say(`${of} is stale: it is of epoch ${taken.epoch}, the move is in ${epoch}`);
  }
  if (taken.operationsSince > 0) {
    return say(`${of} is stale: S3 was changed ${taken.operationsSince} times since`);
  }
  if (taken.findings > 0) return say(`${of} has ${taken.findings} findings, which must be mended first`);
  return [];
}
