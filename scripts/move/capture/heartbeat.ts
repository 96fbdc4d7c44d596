import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import { replayLag } from '../../ledger/operations.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { log } from '../../contract/log.ts';
import type { StoreClient } from '../../store/client.ts';
import { openCanaryClient, putCanary } from './canary.ts';

const LAG_SECONDS = 1;
const REPORT_SECONDS = 5;

/** Whether capture is at work in this state of the move: from the entry into `copy` to `retain`'s end. */
export function captures(move: Pick<MoveState, 'phase' | 'entering'>): boolean {
  return [move.phase, move.entering].some(
    (phase) => phase === 'copy' || phase === 'cutover' || phase === 'retain',
  );
}

/** Reads how far replay is behind and keeps it. A sample is seconds since the oldest open operation. */
export async function sampleLag(ledger: Pool): Promise<void> {
  const { operations, seconds } = await replayLag(ledger);
  await ledger.query('INSERT INTO lag_sample (seconds, operations) VALUES ($1, $2)', [seconds, operations]);
}

/** What the capture server does besides receiving: the canary, lag samples, its own figures. */
export class Heartbeat {
  readonly #environment: Environment;
  readonly #ledger: Pool;
  readonly #owner = `capture-${process.pid}`;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<void>>();
  #client: StoreClient | null = null;

  constructor(environment: Environment, ledger: Pool) {
    this.#environment = environment;
    this.#ledger = ledger;
  }

  async start(): Promise<void> {
    this.#client = await openCanaryClient(this.#environment);
    this.#every(this.#environment.bounds.canarySeconds, 'the canary was not written', () => this.#sing());
    this.#every(LAG_SECONDS, 'the lag was not sampled', () => this.#sample());
    this.#every(REPORT_SECONDS, 'the figures were not kept', () => this.#report());
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
    await this.#client?.close();
    await this.#report().catch(() => undefined); // the ledger may be why we stop
  }

  /** Runs `work` now and then every so many seconds, never twice at once; says when it fails. */
  #every(seconds: number, failure: string, work: () => Promise<void>): void {
    let busy = false;
    const run = () => {
      if (busy) return;
      busy = true;
      const done = work()
        .catch((error: unknown) => log.warn({ reason: messageOf(error) }, failure))
        .finally(() => {
          busy = false;
          this.#running.delete(done);
        });
      this.#running.add(done);
    };
    run();
    this.#timers.push(setInterval(run, seconds * 1000));
  }

  async #sing(): Promise<void> {
    const client = this.#client;
    if (client === null || !captures(await readMove(this.#ledger))) return;
    const results = await Promise.allSettled(
      this.#environment.moves.map((move) => putCanary(client, move.sourceBucket)),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #sample(): Promise<void> {
    if (captures(await readMove(this.#ledger))) await sampleLag(this.#ledger);
  }

  #report(): Promise<void> {
    return reportProcess(this.#ledger, { owner: this.#owner, script: 'capture' });
  }
}
