import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf, UserError } from '../contract/errors.ts';
import type { Pool, PoolClient, Result, Row } from './database.ts';
import { Turns } from './turns.ts';

/**
 * A ledger in a folder: PostgreSQL compiled to WebAssembly (PGlite), inside this process, so that nothing
 * needs to be installed.
 *
 * It is one session, which its clients use in turn: a client has it from its first statement until it has no
 * transaction open. PostgreSQL writes to its files when a transaction commits but does not wait for the disk: a
 * process that is killed loses nothing, a machine that loses its power may lose the last seconds. About 0.5 GiB of
 * memory.
 */

/** Marks a folder as a ledger, and its layout. */
const MARKER = 'migrate-ledger.json';
const LAYOUT = { kind: 'migrate-ledger', layout: 1 };
const DATA = 'postgres';

/** Room that must be free to begin with: PostgreSQL's log grows by 16 MiB at a time, its first files are 45 MiB. */
const LEAST_ROOM_BYTES = { existing: 32 * 2 ** 20, fresh: 96 * 2 ** 20 };

type Backend = {
  readonly clients: Set<EmbeddedClient>;
  /**
   * Turns at the session, and the ledger's locks: all clients are one session, which PostgreSQL's own locks would not
   * keep apart. Other processes cannot be there: the folder is locked.
   */
  readonly turns: Turns;
  /** Carries a statement out; only for the client whose turn it is. */
  run(text: string, values?: readonly unknown[]): Promise<Result>;
  /** Whether the last statement left a transaction open. */
  isInTransaction(): boolean;
  close(): Promise<void>;
};

const opened = new Map<string, Promise<Backend>>();

/**
 * Opens the ledger in a folder, which is made where it is missing; once in a process, until
 * `closeEmbeddedLedgers`.
 *
 * @throws UserError where the folder is something else (exit 2), is in use or cannot be opened (exit 3)
 */
export function openEmbedded(folder: string): Promise<Backend> {
  const place = path.resolve(folder);
  let backend = opened.get(place);
  if (backend === undefined) {
    backend = open(place);
    opened.set(place, backend);
    backend.catch(() => opened.delete(place));
  }
  return backend;
}

/** Ends all of them; the last thing that a process does. */
export async function closeEmbeddedLedgers(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  for (const each of await Promise.allSettled(all)) {
    if (each.status === 'fulfilled') await each.value.close();
  }
}

/** What `pg.Pool` is for a server. Opens the folder with the first statement. */
export class EmbeddedPool implements Pool {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<Result<R>> {
    const client = await this.connect();
    try {
      return await client.query<R>(text, values);
    } finally {
      client.release();
    }
  }

  async connect(): Promise<PoolClient> {
    return new EmbeddedClient(await openEmbedded(this.#folder));
  }

  async locks(): Promise<Turns> {
    return (await openEmbedded(this.#folder)).turns;
  }

  /** Other pools may be using the folder: `closeEmbeddedLedgers` closes it. */
  end(): Promise<void> {
    return Promise.resolve();
  }
}

class EmbeddedClient extends EventEmitter implements PoolClient {
  readonly #backend: Backend;
  #endTurn: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(backend: Backend) {
    super();
    this.#backend = backend;
    backend.clients.add(this);
  }

  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<Result<R>> {
    const result = this.#last.then(() => this.#run(text, values));
    this.#last = result.catch(() => undefined);
    return result as Promise<Result<R>>;
  }

  /** Takes back what was not committed, as a connection does that breaks. */
  release(): void {
    this.#backend.clients.delete(this);
    void this.#last.then(() => this.#endTurn && this.#run('ROLLBACK')).catch(() => undefined);
  }

  async #run(text: string, values?: readonly unknown[]): Promise<Result> {
    this.#endTurn ??= await this.#backend.turns.take('session');
    try {
      return await this.#backend.run(text, values);
    } finally {
      if (!this.#backend.isInTransaction()) {
        this.#endTurn();
        this.#endTurn = undefined;
      }
    }
  }
}

async function open(folder: string): Promise<Backend> {
  prepareFolder(folder);
  assertRoom(folder);
  const { lockFolder } = await import('./embedded-lock.ts');
  const unlock = lockFolder(folder);
  try {
    return await start(folder, unlock);
  } catch (error) {
    unlock();
    throw new UserError(
      `The ledger in ${folder} cannot be opened: ${messageOf(error)}. It knows how far a copy is and which keys were ` +
        'waived; the objects do not depend on it. Remove the folder, or name another one, and run this again.',
      { exitCode: 3, cause: error },
    );
  }
}

async function start(folder: string, unlock: () => void): Promise<Backend> {
  const { batchOf, endOf, isInTransaction, resultOf, startPostgres } = await import('./embedded-postgres.ts');
  const postgres = await startPostgres(path.join(folder, DATA));
  const clients = new Set<EmbeddedClient>();
  postgres.onNotification(() => clients.forEach((client) => client.emit('notification')));
  let stopped: UserError | undefined;
  let inTransaction = false;
  return {
    clients,
    turns: new Turns(),
    isInTransaction: () => inTransaction,
    async run(text, values) {
      // Once it has stopped it answers nothing any more.
      if (stopped !== undefined) throw stopped;
      const messages = await postgres.execProtocolStream(batchOf(text, values), { throwOnError: false });
      inTransaction = isInTransaction(messages);
      const end = endOf(messages);
      if (end !== null) {
        stopped = new UserError(
          `The ledger in ${folder} stopped: ${end}. It lost nothing: make room there, and run this again, and it goes on`,
          { exitCode: 3 },
        );
      }
      return resultOf(messages);
    },
    async close() {
      if (stopped === undefined) await postgres.close();
      unlock();
    },
  };
}

/** Without room PostgreSQL stops in the middle, with a message that helps nobody. */
function assertRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const least = LEAST_ROOM_BYTES[existsSync(path.join(folder, DATA)) ? 'existing' : 'fresh'];
  const room = bavail * bsize;
  if (room >= least) return;
  throw new UserError(
    `The ledger's folder ${folder} has ${Math.floor(room / 2 ** 20)} MiB of room left, and ${least / 2 ** 20} MiB are needed. ` +
      'Make room there, or give another one: --ledger FOLDER',
    { exitCode: 3 },
  );
}

/** Makes the folder, or checks that it is a ledger: no other folder may be written to. */
function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (existsSync(path.join(folder, MARKER))) return;
    const [first] = readdirSync(folder);
    if (first !== undefined) {
      throw new UserError(
        `--ledger ${folder} is a folder with something else in it (${first}); give an empty one, or one that is not there yet`,
      );
    }
    writeFileSync(path.join(folder, MARKER), `${JSON.stringify(LAYOUT)}\n`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `The ledger's folder ${folder} cannot be used: ${messageOf(error)}. Give another one: --ledger FOLDER`,
      { exitCode: 3, cause: error },
    );
  }
}
