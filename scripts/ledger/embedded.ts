import { existsSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { messageOf, UserError } from '../contract/errors.ts';
import { EmbeddedConnection } from './embedded-connection.ts';

/**
 * A ledger in a folder: PostgreSQL compiled to WebAssembly (PGlite), inside this process, so that nothing
 * need be installed. `pg` talks to it as to any server, over a stream instead of a socket.
 *
 * It is one backend, so all connections are one session: what a session keeps (advisory locks, `LISTEN`) is
 * shared by them. It writes to its files when a transaction commits but does not wait for the disk: a process
 * that is killed loses nothing, a machine that loses its power may lose the last seconds. About 0.5 GiB of
 * memory.
 */

/** Says that a folder is a ledger of ours, and of which layout. */
const MARKER = 'migrate-ledger.json';
const LAYOUT = { kind: 'migrate-ledger', layout: 1 };
const DATA = 'postgres';

/** So much room must be there to begin with: PostgreSQL's log grows by 16 MiB at a time, its first files are 45 MiB. */
const LEAST_ROOM_BYTES = { again: 32 * 2 ** 20, anew: 96 * 2 ** 20 };

/** PostgreSQL's default of 128 MiB is for servers. */
const SETTINGS = ['-c', 'shared_buffers=8MB'];

export type Backend = {
  readonly connections: Set<EmbeddedConnection>;
  /** Waits for its turn; what it returns ends the turn. */
  take(): Promise<() => void>;
  /** Only while one has the turn. */
  ask(bytes: Buffer): Promise<Buffer>;
  rollBack(): Promise<void>;
  /** It has stopped by itself, for a reason that PostgreSQL gave: nothing more can be asked of it. */
  stop(reason: string): void;
  close(): Promise<void>;
};

const opened = new Map<string, Promise<Backend>>();

/**
 * Opens the ledger in a folder, which is made where it is missing; once in a process, until
 * `closeEmbeddedLedgers`.
 *
 * @throws UserError where the folder is something else, is in use (exit 3), or cannot be opened (exit 3)
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

/** A pool of connections to the ledger in a folder. Opens it with the first one. */
export class EmbeddedPool extends pg.Pool {
  readonly folder: string;

  constructor(folder: string, options: { max: number }) {
    super({
      stream: () => new EmbeddedConnection(() => openEmbedded(folder)),
      // Nothing of it is used but to name the place in messages; without it, pg would read variables.
      host: folder,
      user: 'postgres',
      password: '',
      ssl: false,
      max: options.max,
    });
    this.folder = path.resolve(folder);
  }
}

/** Ends all of them; the last thing that a process does. */
export async function closeEmbeddedLedgers(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  for (const each of await Promise.allSettled(all)) {
    if (each.status === 'fulfilled') await each.value.close();
  }
}

async function open(folder: string): Promise<Backend> {
  prepareFolder(folder);
  assertRoom(folder);
  const { lockFolder } = await import('./embedded-lock.ts');
  const unlock = lockFolder(folder);
  try {
    const backend = await start(path.join(folder, DATA));
    return {
      ...backend,
      async close() {
        await backend.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw new UserError(
      `The ledger in ${folder} cannot be opened: ${messageOf(error)}. It knows how far a copy is and which keys were ` +
        'waived; the objects do not depend on it. Remove the folder, or name another one, and run this again.',
      { exitCode: 3, cause: error },
    );
  }
}

/** Without it PostgreSQL stops in the middle, and what it then says is of no help. */
function assertRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const least = LEAST_ROOM_BYTES[existsSync(path.join(folder, DATA)) ? 'again' : 'anew'];
  const room = bavail * bsize;
  if (room >= least) return;
  throw new UserError(
    `The ledger's folder ${folder} has ${Math.floor(room / 2 ** 20)} MiB of room left, and ${least / 2 ** 20} MiB are needed. ` +
      'Make room there, or give another one: --ledger FOLDER',
    { exitCode: 3 },
  );
}

/** Makes the folder, or sees that it is one of ours: nothing else may be written over. */
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

async function start(folder: string): Promise<Backend> {
  const [{ PGlite }, { btree_gist }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite/contrib/btree_gist'),
  ]);
  const database = await PGlite.create({
    dataDir: folder,
    extensions: { btree_gist },
    startParams: [...PGlite.defaultStartParams, ...SETTINGS],
  });
  let last: Promise<unknown> = Promise.resolve();
  let stopped: UserError | undefined;
  return {
    connections: new Set(),
    async take() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
    async ask(bytes) {
      // Whatever is asked of it from then on never comes back.
      if (stopped !== undefined) throw stopped;
      return Buffer.from(await database.execProtocolRaw(bytes));
    },
    async rollBack() {
      if (stopped === undefined) await database.exec('ROLLBACK');
    },
    stop(reason) {
      stopped ??= new UserError(
        `The ledger in ${path.dirname(folder)} stopped: ${reason}. It lost nothing: make room there, and run this again, and it goes on`,
        { exitCode: 3 },
      );
    },
    async close() {
      if (stopped === undefined) await database.close();
    },
  };
}
