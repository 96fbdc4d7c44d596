import type { Environment, Move } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import { replayLag } from '../../ledger/operations.ts';
import { reportProcess } from '../../ledger/reports.ts';
import { log } from '../../contract/log.ts';
import type { StoreClient } from '../../store/client.ts';
import type { BucketControl } from '../../store/control.ts';
import { openControl } from '../common/source-control.ts';
import { openCanaryClient, putCanary } from './canary.ts';
import { CaptureWatch } from './watch.ts';

const LAG_SECONDS = 1;
const REPORT_SECONDS = 5;

/** Whether capture is at work in this state of the move: from the entry into `copy` to `retain`'s end. */
export function captures(move: Pick<MoveState, 'phase' | 'entering'>): boolean {
  return [move.phase, move.entering].some(
    (phase) => phase === 'copy' || phase === 'cutover' || phase === 'retain',
  );
}

/** Whether our entry must stand in the notification documents: `copy` puts it there before it has arrived. */
export function watches({ phase }: Pick<MoveState, 'phase'>): boolean {
  return phase === 'copy' || phase === 'cutover' || phase === 'retain';
}

/** Reads how far replay is behind and keeps it. A sample is seconds since the oldest open operation. */
export async function sampleLag(ledger: Pool): Promise<void> {
  const { operations, seconds } = await replayLag(ledger);
  await ledger.query('INSERT INTO lag_sample (seconds, operations) VALUES ($1, $2)', [seconds, operations]);
}

/** What the capture server does besides receiving: the canary, the watch over capture, lag samples, its own figures. */
export class Heartbeat {
  readonly #environment: Environment;
  readonly #ledger: Pool;
  readonly #owner = `capture-${process.pid}`;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Set<Promise<void>>();
  #client: StoreClient | null = null;
  #control: BucketControl | null = null;
  #watch: CaptureWatch | null = null;

  constructor(environment: Environment, ledger: Pool) {
    this.#environment = environment;
    this.#ledger = ledger;
  }

  async start(): Promise<void> {
    this.#client = await openCanaryClient(this.#environment);
    this.#control = await openControl(this.#environment, this.#ledger);
    this.#watch = new CaptureWatch(this.#environment, this.#ledger, this.#control);
    this.#every(this.#environment.bounds.canarySeconds, 'the canary was not written', () => this.#sing());
    this.#every(LAG_SECONDS, 'the lag was not sampled', () => this.#sample());
    this.#every(REPORT_SECONDS, 'the figures were not kept', () => this.#report());
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
    await this.#client?.close();
    this.#control?.close();
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
    const state = await readMove(this.#ledger);
    if (client === null || !captures(state)) return;
    const results = await Promise.allSettled(
      this.#environment.moves.map(async (move) => {
        const isLookedAt = watches(state) && (await this.#look(move));
        const etag = await putCanary(client, move.sourceBucket);
        if (isLookedAt) this.#watch?.wrote(move, etag);
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** @returns whether it could be; the canary is written all the same */
  async #look(move: Move): Promise<boolean> {
    try {
      await this.#watch?.look(move);
      return true;
    } catch (error) {
      log.warn({ move: move.name, reason: messageOf(error) }, 'capture was not looked at');
      return false;
    }
  }

  async #sample(): Promise<void> {
    if (captures(await readMove(this.#ledger))) await sampleLag(this.#ledger);
  }

  #report(): Promise<void> {
    return reportProcess(this.#ledger, { owner: this.#owner, script: 'capture' });
  }
}
