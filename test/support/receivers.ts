import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { transaction } from '../../scripts/ledger/connect.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { eventually } from '../real/replay/support.ts';

const MIGRATE = fileURLToPath(new URL('../../scripts/migrate.ts', import.meta.url));
const OPTIONS = { reject: false } as const;

/**
 * Processes of one command that receives notifications. There are two of them, as in production, so that
 * RGW never finds the port closed.
 */
export class Receivers {
  readonly #command: 'capture' | 'events';
  readonly #environmentFile: string;
  readonly #database: Pool;
  readonly #answers: () => Promise<boolean>;
  readonly #running = new Map<number, ResultPromise<typeof OPTIONS>>();

  /**
   * @param database what the receivers store in; their connections are named COMMAND-PID
   * @param answers  whether one answers
   */
  constructor(args: {
    command: 'capture' | 'events';
    environmentFile: string;
    database: Pool;
    answers: () => Promise<boolean>;
  }) {
    this.#command = args.command;
    this.#environmentFile = args.environmentFile;
    this.#database = args.database;
    this.#answers = args.answers;
  }

  get pids(): number[] {
    return [...this.#running.keys()];
  }

  async start(): Promise<number> {
    const server = execa(
      process.execPath,
      [MIGRATE, this.#command, 'serve', '--environment', this.#environmentFile],
      OPTIONS,
    );
    const { pid } = server;
    if (pid === undefined) throw new Error(`migrate ${this.#command} serve did not start`);
    this.#running.set(pid, server);
    const connected = `SELECT 1 FROM pg_stat_activity WHERE application_name = '${this.#command}-${pid}'`;
    await eventually(
      'it has its database',
      async () => (await this.#database.query(connected)).rows.length > 0,
    );
    await eventually('the receiver answers', this.#answers);
    return pid;
  }

  /** @returns its exit code */
  async stop(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined> {
    const server = this.#running.get(pid);
    this.#running.delete(pid);
    server?.kill(signal);
    return (await server)?.exitCode;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.pids.map((pid) => this.stop(pid, 'SIGTERM')));
  }

  /**
   * Kills the receiver that has what `send` sends in its hands, between the push and the commit: holds the
   * table until it waits for it.
   *
   * @param look what is done before the table is let go
   */
  async killWithEventInHands(
    table: string,
    send: () => Promise<unknown>,
    look: () => Promise<void>,
  ): Promise<void> {
    const blocked = Promise.withResolvers<void>();
    const freed = Promise.withResolvers<void>();
    const lock = transaction(this.#database, async (client) => {
      await client.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
      blocked.resolve();
      await freed.promise;
    });
    await blocked.promise;
    try {
      await send();
      await this.#killHolder();
      await look();
    } finally {
      freed.resolve();
      await lock;
    }
  }

  async #killHolder(): Promise<void> {
    let holder = 0;
    await eventually('a receiver has the event in its hands', async () => {
      const { rows } = await this.#database.query<{ name: string }>(
        `SELECT application_name AS name FROM pg_stat_activity
         WHERE starts_with(application_name, $1) AND wait_event_type = 'Lock'`,
        [`${this.#command}-`],
      );
      holder = Number(rows[0]?.name.replace(`${this.#command}-`, '') ?? 0);
      return holder !== 0;
    });
    await this.stop(holder, 'SIGKILL');
    await this.#database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [`${this.#command}-${holder}`],
    );
  }
}
