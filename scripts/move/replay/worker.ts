import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { Claims } from '../../ledger/claims.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import { openKeys, type OpenKey, type Outcome } from '../../ledger/operations.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { log } from '../../contract/log.ts';
import { handleKey, type Handled } from './handle-key.ts';
import { readBacklog } from './backlog.ts';
import { OpenStores } from './stores.ts';
import { Listener } from './listener.ts';

export type ReplayOptions = {
  /** Go on until `stop` aborts; otherwise end when nothing is open but what keeps failing. */
  follow: boolean;
  /** Keys at once. Each holds one buffered object, or one part of a big one, in memory. */
  concurrency: number;
  stop: AbortSignal;
};
export type ReplayResult = { outcomes: Partial<Record<Outcome, number>>; failedKeys: number };

/** How long to wait for a notification, in milliseconds, before the log is read all the same. */
const POLL_MS = 100;
/** For how long keys that were read are handed out: others work them off as well, and newer ones come. */
const READ_AGAIN_MS = 1000;
/** After a refusal because of suspension, or when the ledger is away. */
const PAUSE_MS = 500;
/** A key that was not ours to handle is left alone for so long. */
const LATER_MS = 100;
const REPORT_MS = 5000;
/** How long draining goes on although the target refuses us. */
const SUSPENDED_LIMIT_MS = 30_000;

/**
 * The replay worker: takes keys with open operations, oldest first, a bounded number at once, and settles
 * them one by one.
 *
 * It reads the state of the move again before it takes on more: after the turn it is another user with
 * other rules. Any number of workers may run; claims keep them apart.
 *
 * @throws UserError (exit 3) where the ledger is away when it starts, or while it drains
 */
export async function runReplay(environment: Environment, options: ReplayOptions): Promise<ReplayResult> {
  const ledger = openLedger(environment.ledger, {
    max: options.concurrency + 3,
    application: 'replay',
    inOrder: true,
  });
  try {
    await assertReachable(ledger);
    return await new ReplayWorker(environment, ledger, options).run();
  } finally {
    await ledger.end();
  }
}

class ReplayWorker {
  readonly #environment: Environment;
  readonly #ledger: Pool;
  readonly #options: ReplayOptions;
  readonly #clients: OpenStores;
  readonly #listener: Listener;
  readonly #outcomes: ReplayResult['outcomes'] = {};
  /** Keys in hand, by move and key. */
  readonly #active = new Map<string, Promise<void>>();
  /** Keys with work to do, as they were last read and are not begun. */
  #waiting: OpenKey[] = [];
  #readAt = 0;
  /** When (monotonic milliseconds) a key that was not ours to handle may be tried again. */
  readonly #later = new Map<string, number>();
  #owner = newOwner();
  readonly #reporter = this.#owner;
  #claims: Claims | null = null;
  #leaseLost = false;
  #pausedUntil = 0;
  #suspendedSince: number | null = null;
  #reportedAt = 0;

  constructor(environment: Environment, ledger: Pool, options: ReplayOptions) {
    this.#environment = environment;
    this.#ledger = ledger;
    this.#options = options;
    this.#clients = new OpenStores(environment, options.concurrency);
    this.#listener = new Listener(ledger);
  }

  async run(): Promise<ReplayResult> {
    const { stop, follow } = this.#options;
    stop.addEventListener('abort', () => this.#listener.now(), { once: true });
    let failedKeys = 0;
    try {
      while (!stop.aborted) {
        try {
          const started = await this.#round();
          await this.#report(false);
          if (!follow && started === 0 && this.#active.size === 0) {
            const backlog = await readBacklog(this.#ledger);
            failedKeys = backlog.givenUpKeys;
            if (backlog.otherOperations === 0) break;
          }
        } catch (error) {
          if (!follow) throw error;
          log.error({ reason: messageOf(error) }, 'replay waits for the ledger');
          this.#pausedUntil = performance.now() + PAUSE_MS;
        }
        await this.#listener.wait(POLL_MS);
      }
    } finally {
      await Promise.all(this.#active.values());
      await this.#claims?.stop();
      this.#listener.close();
      await this.#report(true).catch(() => undefined); // the ledger may be why we end
      await this.#clients.close();
    }
    return { outcomes: this.#outcomes, failedKeys };
  }

  /** Takes on as many keys as there is room for. @returns how many */
  async #round(): Promise<number> {
    const now = performance.now();
    if (!this.#options.follow) this.#assertServed(now);
    if (now < this.#pausedUntil) return 0;
    // Let a leaked claim expire in every phase.
    if (!(await this.#renewLeases())) return 0;
    const move = await readMove(this.#ledger);
    // From then on S3 is emptied, and what its events say concerns nobody.
    if (move.phase === 'retire' || move.phase === 'done') return 0;
    await this.#listener.listen();
    for (const [id, until] of this.#later) if (until <= now) this.#later.delete(id);
    const room = this.#options.concurrency - this.#active.size;
    if (room === 0) return 0;
    await this.#readKeys(now);
    const begun = this.#waiting.splice(0, room);
    for (const key of begun) this.#start(move, key);
    return begun.length;
  }

  /** More keys than there is room for, so that not each one that is done costs a search of the log. */
  async #readKeys(now: number): Promise<void> {
    if (this.#waiting.length > 0 && now - this.#readAt < READ_AGAIN_MS) return;
    this.#readAt = now;
    const passedOver = this.#active.size + this.#later.size;
    const open = await openKeys(this.#ledger, { limit: 2 * this.#options.concurrency + passedOver });
    this.#waiting = open.filter((key) => !this.#active.has(idOf(key)) && !this.#later.has(idOf(key)));
  }

  /** A caller that waits for the end of a drain must hear why it does not come. */
  #assertServed(now: number): void {
    if (this.#suspendedSince === null || now - this.#suspendedSince < SUSPENDED_LIMIT_MS) return;
    throw new UserError(
      'Replay cannot write: its Ceph user is suspended, as during a hold. If none is under way ' +
        '(migrate status says so), run pulumi up again: it finishes or calls off the hold that was left.',
      { exitCode: 3 },
    );
  }

  /** False while keys are still in hand under leases that were lost. */
  async #renewLeases(): Promise<boolean> {
    if (this.#claims !== null && !this.#leaseLost) return true;
    if (this.#active.size > 0) return false;
    // A new name: what the old one still holds in the ledger must run out, so nothing may renew it.
    await this.#claims?.stop();
    this.#owner = newOwner();
    this.#claims = new Claims(this.#ledger, {
      owner: this.#owner,
      leaseSeconds: this.#environment.bounds.leaseSeconds,
    });
    this.#claims.start();
    this.#leaseLost = false;
    return true;
  }

  #start(move: MoveState, key: OpenKey): void {
    const claims = this.#claims;
    if (claims === null) return;
    const id = idOf(key);
    const { leaseSeconds, requestSeconds } = this.#environment.bounds;
    const lease = { owner: this.#owner, leaseSeconds, requestSeconds };
    const context = { ledger: this.#ledger, clients: this.#clients, claims, lease, move };
    const done = handleKey(context, { move: key.move, key: key.key })
      .then((handled) => this.#note(id, handled))
      .catch((error: unknown) => {
        log.error({ ...key, reason: messageOf(error) }, 'a key was left open');
        // Its claim may still exist, and would be renewed for as long as we go by this name.
        this.#leaseLost = true;
        this.#pausedUntil = performance.now() + PAUSE_MS;
      })
      .finally(() => {
        this.#active.delete(id);
        this.#listener.now(); // there is room for another one
      });
    this.#active.set(id, done);
  }

  #note(id: string, handled: Handled): void {
    const now = performance.now();
    if (handled.result !== 'suspended') this.#suspendedSince = null;
    switch (handled.result) {
      case 'retired':
        for (const outcome of handled.outcomes) this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
        return;
      case 'later':
        this.#later.set(id, now + LATER_MS);
        return;
      case 'failed':
        return;
      case 'lease-lost':
        if (!this.#leaseLost) log.warn('the leases may have run out; starting again under another name');
        this.#leaseLost = true;
        return;
      case 'suspended':
        this.#pausedUntil = now + PAUSE_MS;
        this.#suspendedSince ??= now;
        return;
    }
  }

  async #report(now: boolean): Promise<void> {
    if (!now && performance.now() - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = performance.now();
    const detail = { outcomes: this.#outcomes };
    await reportProcess(this.#ledger, { owner: this.#reporter, script: 'replay', detail });
  }
}

function newOwner(): string {
  return `replay-${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

function idOf({ move, key }: OpenKey): string {
  return `${move}/${key}`;
}
