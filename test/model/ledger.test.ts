import { PGlite, types } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Carried } from './ledger/model-ledger.ts';
import { TABLES } from './ledger/postgres-tables.ts';
import { carryOutRare } from './ledger/rare.ts';
import { STATEMENTS } from './ledger/statements.ts';
import { STORIES } from './plan.ts';
import type { Recorded } from './search.ts';
import { Searcher } from './searcher.ts';

/**
 * The model's ledger answers as PostgreSQL does: every statement of some runs of every story is carried out again
 * on it, at the same times, and must answer the same and leave the same rows behind.
 */

const FOLDER = path.resolve(import.meta.dirname, '../../infra/database/ledger');
/** Written for people, and never read again in a run: the model keeps nothing of them. */
const NOT_KEPT = /^INSERT INTO (process_report|source_document|phase_history)/;
/** In the place of PostgreSQL's own: the clock, and the numbers of transactions, are the run's. */
const CLOCKS = `
  CREATE SCHEMA model;
  CREATE FUNCTION model.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('model.now')::timestamptz $$;
  CREATE FUNCTION model.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('model.now')::timestamptz $$;
  CREATE FUNCTION model.pg_current_xact_id() RETURNS xid8 LANGUAGE sql STABLE
    AS $$ SELECT current_setting('model.transaction')::xid8 $$;
  CREATE FUNCTION model.pg_snapshot_xmin(pg_snapshot) RETURNS xid8 LANGUAGE sql STABLE
    AS $$ SELECT current_setting('model.horizon')::xid8 $$;
  SET model.now = '2026-01-01'; SET model.transaction = '1'; SET model.horizon = '1';
  SET search_path = model, public, pg_catalog;`;

const searcher = new Searcher();
const compared = new Set<string>();
let database: PGlite;

beforeAll(async () => {
  database = await PGlite.create({
    extensions: { btree_gist },
    parsers: { [types.INT8]: (value: string) => BigInt(value) },
  });
  await database.exec(CLOCKS);
  for (const file of (await readdir(FOLDER)).sort()) {
    await database.exec(await readFile(path.join(FOLDER, file), 'utf8'));
  }
}, 120_000);
afterAll(() => Promise.all([searcher.close(), database.close()]));

it.each(STORIES.filter((story) => story !== 'restore'))('in the story "%s"', async (story) => {
  for (const run of await searcher.record({ stories: [story], runs: 4, seed: 7 })) await compare(run);
});

it('where runs seldom come', () => compare(carryOutRare()));

it('in every statement that the model knows', () => {
  const all = [...STATEMENTS.keys()].filter((text) => !NOT_KEPT.test(text));
  expect(all.filter((text) => !compared.has(text))).toEqual([]);
});

async function compare({ carried, tables }: Pick<Recorded, 'carried' | 'tables'>): Promise<void> {
  await database.exec(`
    TRUNCATE operation, failed_key, conflict, claim, shard, sync_run, pending_key, capture_gap, proven_pair,
      certificate, waiver, hold, pre_hold, phase_history, move RESTART IDENTITY;
    INSERT INTO move DEFAULT VALUES;`);
  await carryOutAgain(carried);
  for (const { name, sql, rowsOf } of TABLES) {
    const { rows } = await database.query<Record<string, unknown>>(sql);
    expect({ name, rows: inOrder('', rows) }).toEqual({ name, rows: inOrder('', rowsOf(tables)) });
  }
}

async function carryOutAgain(carried: readonly Carried[]): Promise<void> {
  let open: bigint | null = null;
  for (const each of carried) {
    if (open !== null && each.transaction !== open) {
      await database.exec('ROLLBACK');
      open = null;
    }
    const now = new Date(each.now).toISOString();
    await database.exec(
      `SET model.now = '${now}'; SET model.transaction = '${each.transaction}'; SET model.horizon = '${each.horizon}'`,
    );
    if (each.rolledBack && open === null) {
      await database.exec('BEGIN');
      open = each.transaction;
    }
    const text = each.text.replaceAll(/\s+/g, ' ').trim();
    const answer = await answerOf(each);
    if (NOT_KEPT.test(text)) continue;
    compared.add(text);
    expect({ text, values: each.values, answer }).toEqual({
      text,
      values: each.values,
      answer: wanted(each),
    });
  }
  if (open !== null) await database.exec('ROLLBACK');
}

async function answerOf({ text, values, result }: Carried): Promise<unknown> {
  try {
    const { rows, affectedRows } = await database.query<Record<string, unknown>>(text, [...values]);
    if (rows.length === 0) return { rowCount: affectedRows ?? 0, rows: [] };
    // Of a row the model has what the code reads of it.
    const read = typeof result === 'string' ? [] : Object.keys(result.rows[0] ?? {});
    const picked = rows.map((row) => Object.fromEntries(read.map((name) => [name, row[name]])));
    return { rowCount: rows.length, rows: inOrder(text, picked) };
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

function wanted({ text, result }: Carried): unknown {
  return typeof result === 'string'
    ? result
    : { rowCount: result.rowCount, rows: inOrder(text, result.rows) };
}

/** Where a statement does not say in which order its rows come, there is none. */
function inOrder(text: string, rows: readonly Record<string, unknown>[]): unknown[] {
  const shown = rows.map(plain);
  if (text.includes('ORDER BY')) return shown;
  return shown.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Numbers to the microsecond, and nothing that has two spellings. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value === 'bigint') return [name, String(value)];
      if (value instanceof Date) return [name, value.toISOString()];
      return [name, typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value];
    }),
  );
}
