import type { Failure } from '../../ledger/failures.ts';
import type { Hold } from '../../ledger/holds.ts';
import type { LateEvents } from '../../ledger/pre-hold.ts';
import type { MoveStatus, Status } from './read.ts';

const BAR_WIDTH = 24;
const SHOWN = 5;

/** The status on one screen, for a person. Pure. */
export function renderStatus(status: Status, now: Date): string {
  const { move } = status;
  const entering = move.entering === null ? '' : `, entering ${move.entering}`;
  const cutover = move.cutoverAt === null ? '' : `, cutover at ${move.cutoverAt.toISOString()}`;
  const lines = [
    `phase       ${move.phase}${entering} (epoch ${move.epoch}${cutover})`,
    `writes go   to ${move.writesGoTo === 'source' ? 'S3' : 'Ceph'}`,
    `hold        ${holdText(status.hold)}`,
    `replay      ${lagText(status)}`,
    `failed      ${status.failures.length} keys`,
    ...status.failures.slice(0, SHOWN).map(failureLine),
    ...more(status.failures.length),
    `conflicts   ${status.conflicts.total}, bytes kept in quarantine`,
    ...status.conflicts.latest.map(
      ({ move: name, key, reason }) => `            ${name} ${JSON.stringify(key)}: ${reason}`,
    ),
    `pending     ${status.pending} keys are on S3 alone`,
    ...unreadLines(status),
    ...status.moves.flatMap((each) => moveLines(each, now)),
    '',
    ...nextLines(status),
  ];
  return lines.join('\n');
}

function holdText(hold: Hold | null): string {
  if (hold === null) return 'none yet';
  const where = hold.direction === 'to-target' ? 'to Ceph' : 'back to S3';
  switch (hold.state) {
    case 'holding':
      return `WRITES WAIT, for ${hold.ageSeconds.toFixed(1)} s of at most ${hold.limitSeconds} s (${where})`;
    case 'turned':
      return `turned ${where}, being carried out`;
    case 'done':
      return `done ${where}, ${seconds(hold.startedAt, hold.endedAt)} s`;
    case 'called-off':
      return `called off (${where}): ${hold.reason ?? 'no reason was kept'}`;
  }
}

function seconds(from: Date, until: Date | null): string {
  return until === null ? '?' : ((until.getTime() - from.getTime()) / 1000).toFixed(2);
}

function lagText({ lag }: Status): string {
  return lag.operations === 0
    ? 'nothing open'
    : `${lag.operations} operations open, ${lag.seconds.toFixed(1)} s behind`;
}

function failureLine({ move, stage, key, attempts, reason }: Failure): string {
  return `            ${move} ${stage} ${JSON.stringify(key)} (${attempts} attempts): ${reason}`;
}

function more(total: number): string[] {
  return total > SHOWN ? [`            … and ${total - SHOWN} more: migrate status --json`] : [];
}

function unreadLines({ unread }: Status): string[] {
  return unread.map(({ reason, bucket, events, detail }) => {
    const of = bucket === '' ? '' : ` of ${bucket}`;
    return `left out    ${events} ${reason} events${of}; the last: ${detail}`;
  });
}

function moveLines(move: MoveStatus, now: Date): string[] {
  const { sync } = move;
  const canary = move.canarySeconds === null ? 'none came through' : `${move.canarySeconds.toFixed(0)} s ago`;
  return [
    '',
    `${move.name}: ${move.sourceBucket} → ${move.targetBucket}`,
    `  sync      ${syncText(sync)}`,
    `  canary    ${canary}`,
    ...lateLines(move.lateEvents, now),
    ...move.gaps.map(gapLine),
    ...Object.entries(move.certificates).map(([kind, { at, findings, epoch }]) => {
      const age = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000));
      return `  ${kind.padEnd(12)}certificate ${findings === 0 ? 'clean' : `with ${findings} findings`}, ${age} s old, epoch ${epoch}`;
    }),
  ];
}

function lateLines(late: LateEvents | null, now: Date): string[] {
  if (late === null) return [];
  const { receivedUntil, applied, open } = late;
  const at = receivedUntil.toISOString();
  const window = receivedUntil <= now ? `the window ended at ${at}` : `applied until ${at}`;
  const waiting = open === 0 ? '' : `, ${open} open`;
  return [`  pre-hold  what S3 tells late: ${window}; ${applied} applied${waiting}`];
}

function gapLine({ beganAt, endedAt, why }: MoveStatus['gaps'][number]): string {
  const until = endedAt === null ? 'NOW: events may be lost' : endedAt.toISOString();
  return `  gap       in capture from ${beganAt.toISOString()} until ${until} (${why})`;
}

function syncText(sync: MoveStatus['sync']): string {
  if (sync.state === 'none') return 'not begun';
  if (sync.state === 'splitting') return 'splitting the key space';
  const part = sync.shards === 0 ? 0 : sync.done / sync.shards;
  const counts = `${sync.objects} of about ${sync.objectsExpected} objects, ${sync.copied} copied (${megabytes(sync.copiedBytes)} MB), ${sync.deleted} deleted, ${sync.failed} failed`;
  return sync.state === 'done' ? `done: ${counts}` : `${bar(part)} ${counts}`;
}

/** `[#####-----] 50 %`; plain characters, so that every terminal shows it. */
export function bar(part: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${Math.floor(part * 100)} %`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function nextLines({ next }: Status): string[] {
  if (next === null) return ['next        nothing: the move is done'];
  if (next.refuses.length === 0) {
    return [`next        ${next.phase}: nothing that can be seen from here is in the way`];
  }
  return [
    `next        ${next.phase}; its gate would still refuse:`,
    ...next.refuses.map((line) => `  - ${line}`),
  ];
}
