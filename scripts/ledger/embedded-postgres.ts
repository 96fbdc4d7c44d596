import { PGlite, protocol } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import pg from 'pg';
import type { Result, Row } from './database.ts';

/** PostgreSQL inside this process, and statements for it as `pg` would send them. Slow to load: import it on demand. */

type Messages = Awaited<ReturnType<PGlite['execProtocolStream']>>;
type Message = Messages[number];

/** PostgreSQL's default of 128 MiB is for servers. */
const SETTINGS = ['-c', 'shared_buffers=8MB'];

/** @param dataDir default: in memory */
export function startPostgres(dataDir?: string): Promise<PGlite> {
  return PGlite.create({
    ...(dataDir !== undefined && { dataDir }),
    extensions: { btree_gist },
    startParams: [...PGlite.defaultStartParams, ...SETTINGS],
  });
}

/** What of `pg` has no types: how it writes a parameter, and how it reads rows. */
const { utils, Result: PgResult } = pg as unknown as {
  utils: { prepareValue(value: unknown): string | Buffer | null };
  Result: new () => Result & {
    addFields(fields: unknown): void;
    parseRow(fields: unknown): Row;
    addRow(row: Row): void;
    addCommandComplete(message: unknown): void;
  };
};

/**
 * A statement in one batch. Without values it may be several, as a migration's file is.
 *
 * @param name of the prepared statement; only its first batch must carry the text
 */
export function batchOf(text: string | null, values: readonly unknown[] = [], name = ''): Uint8Array {
  const { serialize } = protocol;
  if (values.length === 0 && name === '' && text !== null) return serialize.query(text);
  return Buffer.concat([
    ...(text === null ? [] : [serialize.parse({ name, text })]),
    serialize.bind({ statement: name, values: values.map((value) => utils.prepareValue(value)) }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
  ]);
}

/** Reads the answer to a batch. Throws what PostgreSQL said was wrong. */
export function resultOf(messages: readonly Message[]): Result {
  const result = new PgResult();
  for (const message of messages) {
    if (message instanceof protocol.messages.DatabaseError) throw message;
    if (message instanceof protocol.messages.RowDescriptionMessage) result.addFields(message.fields);
    if (message instanceof protocol.messages.DataRowMessage) result.addRow(result.parseRow(message.fields));
    if (message instanceof protocol.messages.CommandCompleteMessage) result.addCommandComplete(message);
  }
  return result;
}

/** Whether an answer leaves a transaction open. */
export function isInTransaction(messages: readonly Message[]): boolean {
  const last = messages.at(-1);
  return last instanceof protocol.messages.ReadyForQueryMessage && last.status !== 'I';
}

/** What an answer says that a server does not outlive: FATAL ends its session, PANIC all of it. */
export function endOf(messages: readonly Message[]): string | null {
  for (const message of messages) {
    if (!(message instanceof protocol.messages.DatabaseError)) continue;
    if (message.severity === 'FATAL' || message.severity === 'PANIC') return message.message;
  }
  return null;
}
