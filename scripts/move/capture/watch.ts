import type { Environment, Move } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { beginGap, canarySilence, describeSilence, endGap, hasCanary, openGap } from '../../ledger/gaps.ts';
import { log } from '../../contract/log.ts';
import type { BucketControl } from '../../store/control.ts';
import { createCaptureTopic, entryTrouble, installEntry } from './notification.ts';

/** S3 "takes about five minutes" to heed a notification: what was written before may still have raised no event. */
const HEEDED_SECONDS = { aws: 300, ceph: 0 };
/** Canaries of which one is waited for. */
const MOST_PROOFS = 20;

/** What this process knows of a bucket. */
type Known = {
  /** The gap that its proofs were written in; null: none is open. */
  gap: bigint | null;
  /** Since when every look has found our entry as it should be; null: the last one did not. */
  standsSince: number | null;
  /** ETags of canaries of which any proves, when it comes through, that the gap is over. */
  proofs: string[];
};

/**
 * Looks whether a source bucket still tells us of its changes: our entry stands in its notification document, and
 * canaries come through. Where not, records a gap in capture, puts the entry back at once, and ends the gap when a
 * canary has come through that was written after that.
 */
export class CaptureWatch {
  readonly #environment: Environment;
  readonly #ledger: Pool;
  readonly #control: BucketControl;
  readonly #known = new Map<string, Known>();
  readonly #now: () => number;
  #arn: string | undefined;

  /** @param now monotonic milliseconds */
  constructor(
    environment: Environment,
    ledger: Pool,
    control: BucketControl,
    now: () => number = () => performance.now(),
  ) {
    this.#environment = environment;
    this.#ledger = ledger;
    this.#control = control;
    this.#now = now;
  }

  /** Looks once. Throws where the source or the ledger does not answer; then the next look sees to it. */
  async look(move: Move): Promise<void> {
    const known = this.#of(move);
    this.#arn ??= await createCaptureTopic(this.#environment);
    const trouble = await entryTrouble(this.#environment, move, this.#arn, this.#control);
    if (trouble === null) {
      known.standsSince ??= this.#now();
    } else {
      known.standsSince = null;
      known.proofs = [];
      await this.#begin(move, trouble);
      await this.#putBack(move);
    }
    await this.#listen(move);
    const gap = await openGap(this.#ledger, move.name);
    if (known.gap !== (gap?.id ?? null)) {
      known.gap = gap?.id ?? null;
      known.proofs = [];
    }
    if (gap === null || !(await hasCanary(this.#ledger, move.name, known.proofs))) return;
    await endGap(this.#ledger, move.name);
    known.proofs = [];
    log.info({ move: move.name, from: gap.beganAt, why: gap.why }, 'a gap in capture has ended');
  }

  /** A canary was written after the last look. */
  wrote(move: Move, etag: string): void {
    const { gap, standsSince, proofs } = this.#of(move);
    const heeded = HEEDED_SECONDS[this.#environment.source.kind === 'aws' ? 'aws' : 'ceph'] * 1000;
    if (gap === null || standsSince === null || this.#now() - standsSince < heeded) return;
    proofs.push(etag);
    if (proofs.length > MOST_PROOFS) proofs.shift();
  }

  /** Whatever keeps canaries from coming through, clients' events may be kept, or lost, as well. */
  async #listen(move: Move): Promise<void> {
    const silence = await canarySilence(this.#ledger, move.name);
    if (silence === null || silence <= this.#environment.bounds.canarySilenceSeconds) return;
    await this.#begin(move, describeSilence(silence));
  }

  async #begin(move: Move, why: string): Promise<void> {
    if (await beginGap(this.#ledger, move.name, why)) {
      log.error(
        { move: move.name, why },
        'a gap in capture: events may be lost, and older certificates are stale',
      );
    }
  }

  async #putBack(move: Move): Promise<void> {
    this.#arn = await createCaptureTopic(this.#environment);
    const documents = { control: this.#control, ledger: this.#ledger };
    await installEntry(this.#environment, move, this.#arn, documents);
    log.warn({ move: move.name, bucket: move.sourceBucket }, 'our notification entry was put back');
  }

  #of({ name }: Move): Known {
    const known = this.#known.get(name) ?? { gap: null, standsSince: null, proofs: [] };
    this.#known.set(name, known);
    return known;
  }
}
