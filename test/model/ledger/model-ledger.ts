import type { Simulation } from '../platform/simulation.ts';
import { STATEMENTS } from './statements.ts';
import { emptyTables, type Tables } from './tables.ts';

export type Result = { rows: Record<string, unknown>[]; rowCount: number };

/** A statement as it was carried out, for the test that holds it against PostgreSQL. */
export type Carried = {
  text: string;
  values: unknown[];
  now: number;
  transaction: bigint;
  horizon: bigint;
  rolledBack: boolean;
  /** A code where it failed. */
  result: Result | string;
};

/** What a statement's twin is given. */
export type StatementContext = {
  tables: Tables;
  now: number;
  /** The number of the transaction that writes. */
  transaction: bigint;
  nextId: (sequence: string) => bigint;
  /** The lowest number of a transaction that is under way, or else the next one. */
  horizon: bigint;
};

/** An error as `pg` throws it. */
export class SqlError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** One connection. `before`: what stood when its transaction first wrote; rows are never changed in place. */
export type Session = {
  broken: boolean;
  transaction: bigint | null;
  before: Tables | null;
  locks: Set<number>;
  /** Called when the connection breaks under its holder. */
  onBroken: () => void;
};

/** A copy of the whole cluster: what numbers come next goes back with it. */
export type Backup = { tables: Tables; sequences: ReadonlyMap<string, bigint>; nextTransaction: bigint };

/**
 * PostgreSQL, as far as the migration's statements need it. Transactions that write more than log entries
 * run one after the other; entries of the log are appended side by side, so that their positions and their
 * commits are in different orders.
 */
export class ModelLedger {
  tables: Tables = emptyTables();
  /** Told of every change of the move's row, once it is committed. */
  onMove: (move: Tables['move'], before: Tables['move']) => void = () => undefined;
  /** Statements that have no twin here. */
  readonly unknown = new Set<string>();
  /** Told when a hold begins. */
  onHold: () => void = () => undefined;
  readonly carried: Carried[] = [];
  readonly recording: boolean;
  readonly #simulation: Simulation;
  readonly #sequences = new Map<string, bigint>();
  #nextTransaction = 1000n;
  #writer: Session | null = null;
  #sessions = new Set<Session>();
  readonly #waiting: (() => void)[] = [];
  readonly #locks = new Map<number, Session>();

  constructor(simulation: Simulation, options: { recording?: boolean } = {}) {
    this.#simulation = simulation;
    this.recording = options.recording ?? false;
  }

  open(): Session {
    const session: Session = {
      broken: false,
      transaction: null,
      before: null,
      locks: new Set(),
      onBroken: () => undefined,
    };
    this.#sessions.add(session);
    return session;
  }

  close(session: Session): void {
    this.#sessions.delete(session);
    this.#rollBack(session);
    for (const lock of session.locks) this.#locks.delete(lock);
    session.broken = true;
    this.#free();
  }

  /** All that is committed, to come back to: a backup. */
  backup(): Backup {
    return {
      tables: { ...this.tables, operation: this.tables.operation.filter(({ committed }) => committed) },
      sequences: new Map(this.#sequences),
      nextTransaction: this.#nextTransaction,
    };
  }

  /** Every connection breaks: what was not committed never was. */
  disconnect(): void {
    for (const session of this.#sessions) {
      this.close(session);
      session.onBroken();
    }
  }

  /** Every connection breaks, and what was committed since the backup never was. */
  restore(backup: Backup): void {
    this.disconnect();
    this.tables = { ...backup.tables };
    this.#sequences.clear();
    for (const [name, last] of backup.sequences) this.#sequences.set(name, last);
    this.#nextTransaction = backup.nextTransaction;
  }

  /** Whether a statement must wait: for a transaction's end, or for a lock. */
  mustWait(session: Session, text: string, values: readonly unknown[]): boolean {
    if (session.broken) return false;
    if (/^SELECT pg_advisory_lock/.test(text)) {
      const holder = this.#locks.get(Number(values[0]));
      return holder !== undefined && holder !== session;
    }
    return this.#writer !== null && this.#writer !== session;
  }

  /** Resolves when a transaction has ended, or a lock was given back. */
  untilFreed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #free(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Carries a statement out at once. Throws SqlError. */
  execute(session: Session, sql: string, values: readonly unknown[]): Result {
    if (session.broken) throw new SqlError('57P01', 'terminating connection due to administrator command');
    const text = sql.replaceAll(/\s+/g, ' ').trim();
    const control = this.#control(session, text, values);
    if (control !== null) return control;
    const statement = STATEMENTS.get(text);
    if (statement === undefined) {
      // The sender may take the error for a ledger that is away, so it is kept.
      this.unknown.add(text);
      throw new Error(`the model's ledger does not know this statement: ${text}`);
    }
    // A record is carried out again by one connection: then nothing is appended side by side.
    const appends = text.startsWith('INSERT INTO operation') && !this.recording;
    if (session.transaction !== null && !appends) {
      this.#writer = session;
      session.before ??= { ...this.tables };
    }
    const transaction = session.transaction ?? this.#newTransaction();
    const context = {
      tables: this.tables,
      now: this.#simulation.now,
      transaction,
      nextId: (sequence: string) => this.#nextId(sequence),
      horizon: this.#horizon(),
    };
    const note = (result: Result | string) => {
      if (!this.recording) return;
      const { now, horizon } = context;
      const copy = typeof result === 'string' ? result : { ...result, rows: structuredClone(result.rows) };
      this.carried.push({
        text: sql,
        values: [...values],
        now,
        transaction,
        horizon,
        rolledBack: false,
        result: copy,
      });
    };
    try {
      const rows = statement(context, values);
      if (text.startsWith('INSERT INTO hold ')) this.onHold();
      if (session.transaction === null) this.#commitAppended(transaction);
      const result = Array.isArray(rows) ? { rows, rowCount: rows.length } : { rows: [], rowCount: rows };
      note(result);
      return result;
    } catch (error) {
      if (error instanceof SqlError) note(error.code);
      throw error;
    }
  }

  #control(session: Session, text: string, values: readonly unknown[]): Result | null {
    const none: Result = { rows: [], rowCount: 0 };
    switch (text) {
      case 'BEGIN':
        session.transaction = this.#newTransaction();
        return none;
      case 'COMMIT': {
        const { before } = session;
        if (session.transaction !== null) this.#commitAppended(session.transaction);
        this.#end(session);
        if (before !== null && before.move !== this.tables.move) this.onMove(this.tables.move, before.move);
        return none;
      }
      case 'ROLLBACK':
        this.#rollBack(session);
        return none;
      case 'SELECT 1':
      case 'LISTEN operation':
      case 'SET statement_timeout = 0':
      case `SELECT pg_notify('operation', '')`:
      case 'SELECT pg_advisory_xact_lock($1)':
        return none;
      case 'SELECT pg_try_advisory_lock($1) AS taken':
      case 'SELECT pg_advisory_lock($1)': {
        const lock = Number(values[0]);
        const holder = this.#locks.get(lock);
        const taken = holder === undefined || holder === session;
        if (taken) {
          this.#locks.set(lock, session);
          session.locks.add(lock);
        }
        return { rows: [{ taken }], rowCount: 1 };
      }
      default:
        return null;
    }
  }

  #rollBack(session: Session): void {
    const { transaction, before } = session;
    if (before !== null) this.tables = before;
    for (const each of this.carried) if (each.transaction === transaction) each.rolledBack = true;
    if (transaction !== null) {
      const { operation } = this.tables;
      this.tables.operation = operation.filter((row) => row.committed || row.transaction !== transaction);
    }
    this.#end(session);
  }

  #end(session: Session): void {
    session.transaction = null;
    session.before = null;
    if (this.#writer === session) this.#writer = null;
    this.#free();
  }

  #commitAppended(transaction: bigint): void {
    this.tables.operation = this.tables.operation.map((row) =>
      row.transaction === transaction && !row.committed ? { ...row, committed: true } : row,
    );
  }

  #newTransaction(): bigint {
    return (this.#nextTransaction += 1n);
  }

  #horizon(): bigint {
    const open = [...this.#sessions].flatMap(({ transaction }) => transaction ?? []);
    return open.reduce((lowest, each) => (each < lowest ? each : lowest), this.#nextTransaction + 1n);
  }

  #nextId(sequence: string): bigint {
    const id = (this.#sequences.get(sequence) ?? 0n) + 1n;
    this.#sequences.set(sequence, id);
    return id;
  }
}
