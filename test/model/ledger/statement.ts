import type { StatementContext } from './model-ledger.ts';

/** What a statement answers: its rows, or how many rows it changed. */
export type Twin = (
  context: StatementContext,
  values: readonly unknown[],
) => Record<string, unknown>[] | number;

/** A statement of the migration's and what PostgreSQL does for it. Compared without regard to white space. */
export type Statement = readonly [text: string, twin: Twin];

export const text = (value: unknown): string => String(value);
export const orNull = (value: unknown): string | null => (value == null ? null : text(value));
export const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
export const seconds = (value: unknown): number => Number(value) * 1000;
/** Texts as the collation "C" orders them. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** Whether a key lies after `after` and not after `until` (null: no end). */
export const within = (key: string, after: unknown, until: unknown): boolean =>
  byBytes(key, text(after)) > 0 && (until === null || byBytes(key, text(until)) <= 0);
