import { transaction } from './connect.ts';
import type { Database, Pool, PoolClient } from './database.ts';

/** A committed lease on a key or a key range of one move. Two that overlap cannot both exist. */
export type Claim = { id: bigint; move: string; epoch: bigint };

export type ClaimOptions = {
  move: string;
  /** The worker: unique to the process, for example `replay-4711`. */
  owner: string;
  epoch: bigint;
  leaseSeconds: number;
  /** The longest request. A worker that takes over an expired claim waits this long first. */
  requestSeconds: number;
};

/** The claim may have been taken over: the holder must not send another request under it. */
export class LeaseLost extends Error {
  constructor(what: string) {
    super(`The lease on ${what} may have expired; the worker that takes it over does the work`);
    this.name = 'LeaseLost';
  }
}

/** Claims one key. Null where another worker has it. */
export async function claimKey(pool: Pool, options: ClaimOptions & { key: string }): Promise<Claim | null> {
  const range = "key_range($2, $2, '[]')";
  const insert = async (db: Database) => {
    const { rows } = await db.query<Claim>(
      `INSERT INTO claim (move, keys, owner, epoch, expires_at)
       SELECT $1, ${range}, $3, $4, clock_timestamp() + make_interval(secs => $5)
       FROM move WHERE move.epoch = $4
       ON CONFLICT DO NOTHING RETURNING id, move, epoch`,
      [options.move, options.key, options.owner, options.epoch, options.leaseSeconds],
    );
    return rows[0] ?? null;
  };
  const claimed = await insert(pool);
  if (claimed !== null) return claimed;
  return transaction(pool, async (client) => {
    await removeExpired(client, range, options.move, [options.key], options.requestSeconds);
    return insert(client);
  });
}

/**
 * Claims the keys after `after` (exclusive; '' is the beginning) until `until` (inclusive; null is the
 * end), except those that others hold at this moment: these are left out and named.
 */
export async function claimRange(
  pool: Pool,
  options: ClaimOptions & { after: string; until: string | null },
): Promise<{ claims: Claim[]; held: string[] }> {
  const range = rangeSql(2, 3);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await transaction(pool, async (client) => {
        const bounds = [options.after, options.until];
        await removeExpired(client, range, options.move, bounds, options.requestSeconds);
        const others = await client.query<{ key: string | null; single: boolean }>(
          `SELECT lower(keys) AS key, upper_inc(keys) AND lower(keys) = upper(keys) AS single
           FROM claim WHERE move = $1 AND keys && ${range} ORDER BY keys`,
          [options.move, ...bounds],
        );
        // Another worker has a whole range: nothing of it is ours now.
        if (others.rows.some((row) => !row.single)) return { claims: [], held: [] };
        const held = others.rows.map((row) => row.key ?? '');
        const claims: Claim[] = [];
        for (const [after, before, closed] of gaps(options.after, options.until, held)) {
          const { rows } = await client.query<Claim>(
            `INSERT INTO claim (move, keys, owner, epoch, expires_at)
             SELECT $1, r.keys, $5, $6, clock_timestamp() + make_interval(secs => $7)
             FROM (SELECT key_range(nullif($2, ''), $3, CASE WHEN $4 THEN '(]' ELSE '()' END) AS keys) r, move
             WHERE move.epoch = $6 AND NOT isempty(r.keys) RETURNING id, move, epoch`,
            [options.move, after, before, closed, options.owner, options.epoch, options.leaseSeconds],
          );
          claims.push(...rows);
        }
        return { claims, held };
      });
    } catch (error) {
      // Another worker claimed a key of the range between our look and our insert: look again.
      const exclusionViolation = (error as { code?: string }).code === '23P01';
      if (!exclusionViolation || attempt >= 20) throw error;
    }
  }
}

function rangeSql(after: number, until: number): string {
  return `key_range(nullif($${after}, ''), $${until}, '(]')`;
}

/** The open intervals that are left of (after, until] when single keys are taken out. */
function gaps(after: string, until: string | null, held: string[]): [string, string | null, boolean][] {
  const pieces: [string, string | null, boolean][] = [];
  let from = after;
  for (const key of held) {
    pieces.push([from, key, false]);
    from = key;
  }
  if (from !== until) pieces.push([from, until, until !== null]);
  return pieces;
}

/** Removes claims that expired so long ago that their last request must have ended. */
async function removeExpired(
  client: PoolClient,
  range: string,
  move: string,
  bounds: (string | null)[],
  requestSeconds: number,
): Promise<void> {
  await client.query(
    `DELETE FROM claim WHERE move = $1 AND keys && ${range}
       AND expires_at + make_interval(secs => $${bounds.length + 2}) < clock_timestamp()`,
    [move, ...bounds, requestSeconds],
  );
}

export async function releaseClaims(db: Database, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  await db.query('DELETE FROM claim WHERE id = ANY($1::bigint[])', [claims.map((claim) => String(claim.id))]);
}

/**
 * Whether these claims are still ours. The transaction locks them, so what is retired in it was done under the claim.
 */
export async function claimsStand(client: PoolClient, claims: readonly Claim[]): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM claim WHERE id = ANY($1::bigint[]) AND expires_at > clock_timestamp() FOR UPDATE`,
    [claims.map((claim) => String(claim.id))],
  );
  return rows.length === claims.length;
}

/**
 * Under how many claims a request may be under way: all but those that expired so long ago that the longest request
 * has ended. The claim of a dead worker is removed only when its keys are claimed again, which may be never. The hold
 * waits until there are none.
 */
export async function countClaims(db: Database, requestSeconds: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM claim WHERE expires_at + make_interval(secs => $1) >= clock_timestamp()',
    [requestSeconds],
  );
  return rows[0]?.n ?? 0;
}

/** Keeps a process's claims alive and knows, without asking the ledger, when they could be gone. */
export class Claims {
  readonly #pool: Pool;
  readonly #owner: string;
  readonly #leaseSeconds: number;
  /** Until when (monotonic milliseconds) every claim made before is surely ours. */
  #aliveUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();

  constructor(pool: Pool, options: { owner: string; leaseSeconds: number }) {
    this.#pool = pool;
    this.#owner = options.owner;
    this.#leaseSeconds = options.leaseSeconds;
  }

  /** Renews every third of a lease until `stop`. */
  start(): void {
    this.#aliveUntil = performance.now() + this.#leaseSeconds * 1000;
    this.#timer = setInterval(
      () => {
        this.#renewing = this.#renewing.then(() => this.#renew());
      },
      (this.#leaseSeconds * 1000) / 3,
    );
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
  }

  /** Throws LeaseLost unless the lease is sure to live. Called right before every mutating request. */
  assertLive(): void {
    if (performance.now() >= this.#aliveUntil) throw new LeaseLost(`the keys of ${this.#owner}`);
  }

  async #renew(): Promise<void> {
    // Counted from before the statement is sent: the server's clock starts the lease later, never earlier.
    const sent = performance.now();
    // Once it could have expired it stays lost, though a later renewal may succeed: another worker may have taken
    // over in between. The process ends, and the next one has another name.
    if (sent >= this.#aliveUntil) return;
    try {
      const { rows } = await this.#pool.query<{ lost: boolean }>(
        `WITH renewed AS (
           UPDATE claim SET expires_at = clock_timestamp() + make_interval(secs => $2)
           WHERE owner = $1 AND expires_at > clock_timestamp() RETURNING id)
         SELECT EXISTS (SELECT 1 FROM claim WHERE owner = $1 AND expires_at <= clock_timestamp()) AS lost,
                count(*) FROM renewed`,
        [this.#owner, this.#leaseSeconds],
      );
      // One that had expired when the statement reached it is lost for good, whatever our clock says.
      this.#aliveUntil = rows[0]?.lost === true ? 0 : sent + this.#leaseSeconds * 1000;
    } catch {
      // The ledger is away: the lease expires by itself and assertLive stops the work.
    }
  }
}
