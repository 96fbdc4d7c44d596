import { onlyRow } from './connect.ts';
import type { Database } from './database.ts';
import type { Phase } from '../contract/phases.ts';

export type { Phase };

/** Where the move is. */
export type MoveState = {
  phase: Phase | 'none';
  /** The phase whose gate has been passed and whose arrival has not been recorded yet. */
  entering: Phase | null;
  /** Goes up whenever the applications' store changes; older workers may write nothing. */
  epoch: bigint;
  writesGoTo: 'source' | 'target';
  cutoverAt: Date | null;
};

export async function readMove(db: Database): Promise<MoveState> {
  const { rows } = await db.query<MoveState>(
    `SELECT phase, entering, epoch, writes_go_to AS "writesGoTo", cutover_at AS "cutoverAt" FROM move`,
  );
  return onlyRow(rows);
}

/** Records that a phase's gate was passed. */
export async function recordEntering(db: Database, to: Phase, detail: object = {}): Promise<void> {
  const from = await readMove(db);
  await db.query('UPDATE move SET entering = $1', [to]);
  await appendHistory(db, 'entering', from, to, detail);
}

/** Records that all a phase needs has been done. */
export async function recordArrival(db: Database, to: Phase, detail: object = {}): Promise<void> {
  const from = await readMove(db);
  await db.query('UPDATE move SET phase = $1, entering = NULL', [to]);
  await appendHistory(db, 'arrived', from, to, detail);
}

/** Records a refusal or a hold that was called off: the phase stays what it was. */
export async function recordRefusal(
  db: Database,
  moved: 'refused' | 'called-off',
  to: Phase,
  detail: object,
): Promise<void> {
  await appendHistory(db, moved, await readMove(db), to, detail);
}

/** Abandons an entry that has changed nothing yet: the phase is again the one it came from. */
export async function abandonEntering(db: Database): Promise<void> {
  await db.query('UPDATE move SET entering = NULL');
}

async function appendHistory(
  db: Database,
  moved: string,
  from: MoveState,
  to: Phase,
  detail: object,
): Promise<void> {
  await db.query(
    'INSERT INTO phase_history (moved, phase_from, phase_to, epoch, detail) VALUES ($1, $2, $3, $4, $5)',
    [moved, from.phase, to, from.epoch, JSON.stringify(detail)],
  );
}

export type HistoryEntry = {
  at: Date;
  moved: 'entering' | 'arrived' | 'refused' | 'called-off';
  from: Phase | 'none';
  to: Phase;
  epoch: bigint;
  detail: Record<string, unknown>;
};

export async function readHistory(db: Database): Promise<HistoryEntry[]> {
  const { rows } = await db.query<HistoryEntry>(
    'SELECT at, moved, phase_from AS "from", phase_to AS "to", epoch, detail FROM phase_history ORDER BY id',
  );
  return rows;
}
