import { targetEpochKey } from '../../scripts/contract/names.ts';
import { messageOf } from '../../scripts/contract/errors.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { follow, putBy, straggle } from './clients.ts';
import { runLifecycle } from './lifecycle.ts';
import { Notifications } from './notifications.ts';
import { Operator } from './operator.ts';
import { KEYS } from './plan.ts';
import { PARAMETER_FILE } from './platform/files.ts';
import { SOURCE_BUCKET, TARGET_BUCKET, type ModelWorld } from './world.ts';

/** Those that follow the parameter, each of whom does one thing after the other. */
const CLIENTS = 4;
/** Until they have opened what they need. */
const BEGIN_MILLISECONDS = 60;
/** A body that no client writes. */
const RESTORED_BODY = 9;
/** A key of which this is true waits for a person: `scripts/ledger/failures.ts`. */
const GIVEN_UP_ATTEMPTS = 3;
/** In seconds; the time that readers of the model need to look a key up on both sides. */
const GRACE_SECONDS = 0.9;

/** How long it takes until somebody sees that our notification entry is missing. */
const MISSING_MILLISECONDS = 700;

/** Everybody who acts in a story. */
export class Cast {
  readonly operator: Operator;
  readonly #world: ModelWorld;
  readonly #notifications: Notifications;
  #clients = 0;
  #clientsHaveBegun = false;
  #entryIsBack = false;

  constructor(world: ModelWorld) {
    this.#world = world;
    this.#notifications = new Notifications(world);
    this.operator = new Operator(world, (ledger) => this.#beginChance(ledger));
  }

  get clientsAreDone(): boolean {
    return this.#clients === 0;
  }

  begin(): void {
    const { code, environment, simulation, stop } = this.#world;
    const { signal } = stop;
    const ledger = () => code.connect.openLedger(environment.ledger);
    const supervise = (name: string, work: () => Promise<unknown>) => {
      simulation.supervise(name, work, () => signal.aborted);
    };
    supervise('capture', () => this.#notifications.receive());
    supervise('capture-2', () => this.#notifications.receive());
    for (const name of ['replay', 'replay-2']) {
      const options = { follow: true, concurrency: 2, stop: signal };
      supervise(name, () => code.replay.runReplay(environment, options));
    }
    supervise('watch', () =>
      code.watch.watchHolds(environment, ledger(), signal, () => Promise.resolve(false)),
    );
    let started = 0;
    supervise('pending', async () => {
      // Nothing is copied before there is somebody who might meet it.
      while (!this.#clientsHaveBegun) await simulation.hop(20);
      const owner = `pending-${(started += 1)}`;
      const options = { owner, stop: signal, graceSeconds: GRACE_SECONDS };
      return code.promotion.promote(environment, ledger(), options);
    });
    for (const name of ['sync-1', 'sync-2']) supervise(name, () => this.#sync(ledger()));
    runLifecycle(this.#world);
    this.operator.begin();
  }

  /** Somebody looks at every key. */
  readAll(): void {
    const read = { pause: 0, begins: null, lands: null, do: 'read', body: 0 } as const;
    const deeds = KEYS.map((key) => ({ ...read, key }));
    this.#client('reader', () => follow(this.#world, 'reader', deeds));
  }

  /** Whether nothing is left that anybody should see to. */
  isQuiet(): boolean {
    return this.unrest().length === 0;
  }

  /** What is left that somebody should see to, in words. */
  unrest(): string[] {
    const { ledger, simulation, environment, files, plan } = this.#world;
    const { operation, hold, failedKey, pendingKey, claim, move } = ledger.tables;
    const givenUp = (key: string) =>
      failedKey.some((row) => row.key === key && row.attempts >= GIVEN_UP_ATTEMPTS);
    const isRetired = move.phase === 'retire' || move.phase === 'done';
    const open = operation.filter((row) => row.retiredAt === null && !givenUp(row.key));
    const requests = environment.bounds.requestSeconds * 1000;
    const { waiting } = this.#notifications;
    return [
      ...(plan.story === 'gap' && this.#clientsHaveBegun && !this.#entryIsBack
        ? ['a gap in capture is open']
        : []),
      ...(waiting > 0 ? [`${waiting} notifications wait`] : []),
      ...(isRetired ? [] : open.map(({ key, kind }) => `a ${kind} of ${key} is open`)),
      ...hold
        .filter(({ state, endedAt }) => state !== 'done' && endedAt === null)
        .map(({ state }) => `a hold is ${state}`),
      ...pendingKey.filter(({ key }) => !givenUp(key)).map(({ key }) => `${key} is pending`),
      ...claim
        .filter(({ expiresAt }) => expiresAt + requests >= simulation.now)
        .map(({ owner, lower, upper }) => `${owner} claims ${lower ?? ''}…${upper ?? ''}`),
      ...(files.get(PARAMETER_FILE)?.includes('"hold"') === true ? ['the parameter says hold'] : []),
    ];
  }

  async #sync(ledger: Pool): Promise<void> {
    const { code, environment, stop, simulation } = this.#world;
    for (;;) {
      const { state } = await code.shards.syncProgress(ledger, 'images');
      if (state !== 'none' && state !== 'done') {
        await code.sync.runWorker(environment, ledger, stop.signal);
      }
      await simulation.hop(300);
    }
  }

  async #beginChance(ledger: Pool): Promise<void> {
    const { plan } = this.#world;
    if (plan.story === 'fallback') await this.#addPending(ledger);
    this.#world.beginChaos();
    if (plan.story === 'restore') this.#restoreLater();
    if (plan.story === 'gap') this.#loseEntry();
    const { clients, stragglers } = plan;
    for (let number = 1; number <= CLIENTS; number += 1) {
      const name = `client-${number}`;
      const deeds = clients.filter((_, index) => index % CLIENTS === number - 1);
      this.#client(name, () => follow(this.#world, name, deeds));
    }
    this.#client('straggler', () => straggle(this.#world, stragglers));
    this.#world.simulation.schedule(BEGIN_MILLISECONDS, null, () => (this.#clientsHaveBegun = true));
  }

  #client(name: string, work: () => Promise<void>): void {
    this.#clients += 1;
    this.#world.simulation.spawn(name, work, (error) => {
      this.#clients -= 1;
      if (error !== undefined) this.#world.violated(`the model's ${name} failed: ${messageOf(error)}`);
    });
  }

  /** Objects that nobody could copy come back from an archive: no event tells of it, an operator does. */
  async #addPending(ledger: Pool): Promise<void> {
    const { code, plan, source, pendingAtFirst } = this.#world;
    const keys = KEYS.filter((key) => plan.before[key] === undefined);
    this.#notifications.deaf = true;
    for (const key of keys) {
      pendingAtFirst.set(key, source.put(SOURCE_BUCKET, key, putBy('archive', RESTORED_BODY)).etag);
    }
    this.#notifications.deaf = false;
    // One after the other: among those of one moment PostgreSQL may take any first.
    for (const key of keys) {
      await code.pending.addPending(ledger, 'images', [key], 'restored from an archive');
    }
  }

  /** Our notification entry is missing for a while, until the heartbeat finds it so. */
  #loseEntry(): void {
    const { code, environment, plan, simulation } = this.#world;
    const findIt = async () => {
      const ledger = code.connect.openLedger(environment.ledger);
      await code.gaps.beginGap(ledger, 'images', 'our entry was missing');
      this.#notifications.missing = false;
      simulation.tell('--- our notification entry was put back');
      await code.canary.proveCanary(environment, ledger, { deadlineSeconds: MISSING_MILLISECONDS / 1000 });
      await code.gaps.endGap(ledger, 'images');
      this.#entryIsBack = true;
    };
    simulation.schedule(plan.missingAfter, null, () => {
      simulation.tell('--- our notification entry is missing');
      this.#notifications.missing = true;
      simulation.schedule(MISSING_MILLISECONDS, null, () =>
        simulation.supervise('heartbeat', findIt, () => this.#entryIsBack),
      );
    });
  }

  /** Backs the ledger up now, and has it restored from that after the turn; clients go on for a while. */
  #restoreLater(): void {
    const { ledger, plan, simulation, target } = this.#world;
    const backup = ledger.backup();
    let turned = false;
    target.onEffect(({ key }) => {
      // Before that nothing of the turn has been carried out: as if it had never been committed.
      if (turned || key !== targetEpochKey(TARGET_BUCKET)) return;
      turned = true;
      simulation.schedule(plan.restoredAfter, null, () => {
        simulation.tell('--- the ledger is restored from its backup');
        this.#world.restoredAt = simulation.now;
        ledger.restore(backup);
        const late = plan.clients.map((deed) => ({ ...deed, pause: deed.pause * 2 }));
        this.#client('late-client', () => follow(this.#world, 'late-client', late));
      });
    });
  }
}
