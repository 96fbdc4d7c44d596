import { RESERVED_PREFIX } from '../../scripts/contract/names.ts';
import { currentProcess, type Process } from './platform/simulation.ts';
import type { Effect } from './store/model-store.ts';
import { FOLLOWER, SOURCE_BUCKET, STRAGGLER, type ModelWorld } from './world.ts';

/** So many of a queue RGW hands out at once; it drops them up to the first that was not taken. */
const BATCH = 3;
const LOOK_EVERY_MILLISECONDS = 10;
const GIVE_UP_MILLISECONDS = 1500;

/**
 * The source's persistent notifications: a queue in the order of the changes, handed to the receiver's
 * processes side by side, again and again until they are taken. So they come late, doubled and in another
 * order. As Amazon S3 does, some are sent much later, and some never; all are lost while our entry is missing.
 */
export class Notifications {
  /** While true, changes raise no event. */
  deaf = false;
  /** While true, our entry is missing: what changes is lost to us. */
  missing = false;
  readonly #world: ModelWorld;
  readonly #queue: Effect[] = [];
  #heldBack = 0;
  readonly #receivers = new Map<Process, Receiver>();

  constructor(world: ModelWorld) {
    this.#world = world;
    world.source.onEffect((effect) => {
      if (effect.bucket !== SOURCE_BUCKET || this.deaf) return;
      if (this.#isLost(effect)) world.lost.add(effect.order);
      else if (this.#isLate(effect)) this.#holdBack(effect);
      else this.#queue.push(effect);
    });
    const { simulation } = world;
    const look = () => {
      void this.#handOut().finally(() => simulation.schedule(LOOK_EVERY_MILLISECONDS, null, look));
    };
    simulation.schedule(LOOK_EVERY_MILLISECONDS, null, look);
  }

  #isLost({ by }: Effect): boolean {
    if (this.missing) return true;
    const { plan, simulation } = this.#world;
    if (plan.story !== 'retire' || by !== STRAGGLER || plan.lost === 0) return false;
    return simulation.random.chance(1 / (plan.lost + 1));
  }

  #isLate({ by }: Effect): boolean {
    const { plan, simulation } = this.#world;
    return by === FOLLOWER && plan.late > 0 && simulation.random.chance(1 / plan.late);
  }

  #holdBack(effect: Effect): void {
    const { plan, simulation, late } = this.#world;
    late.add(effect.order);
    this.#heldBack += 1;
    simulation.schedule(plan.lateBy, null, () => {
      this.#heldBack -= 1;
      this.#queue.push(effect);
    });
  }

  get waiting(): number {
    const queued = this.#queue.filter(({ key }) => !key.startsWith(RESERVED_PREFIX)).length;
    return queued + this.#heldBack;
  }

  /** A receiver process: takes notifications as long as it lives. */
  async receive(): Promise<void> {
    const process = currentProcess();
    if (process === undefined) throw new Error('a receiver is a process');
    const { code, environment, simulation } = this.#world;
    const ledger = code.connect.openLedger(environment.ledger);
    const handler = new code.capture.CaptureHandler(ledger, code.capture.eventRules(environment));
    const work: (() => void)[] = [];
    this.#receivers.set(process, (document) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      process.atEnd.push(() => reject(new Error('the receiver died')));
      simulation.schedule(simulation.random.latency(30), process, () => {
        work.push(() => void handler.store(document).then(() => resolve(), reject));
      });
      return promise;
    });
    process.atEnd.push(() => this.#receivers.delete(process));
    for (;;) {
      for (const each of work.splice(0)) each();
      await simulation.hop(4);
    }
  }

  async #handOut(): Promise<void> {
    const batch = this.#queue.slice(0, BATCH);
    const taken = await Promise.all(batch.map((effect) => this.#handOutOne(effect)));
    const failed = taken.indexOf(false);
    this.#queue.splice(0, failed === -1 ? batch.length : failed);
  }

  async #handOutOne(effect: Effect): Promise<boolean> {
    const { plan, simulation } = this.#world;
    const receivers = [...this.#receivers.values()];
    const receiver = receivers[Math.floor(simulation.random.fraction() * receivers.length)];
    if (receiver === undefined) return false;
    const { doubled, refused } = plan;
    const taken = await this.#deliver(receiver, effect);
    if (refused > 0 && simulation.random.chance(1 / (refused + 2))) return false; // its answer is lost
    if (doubled > 0 && simulation.random.chance(1 / (doubled + 1))) await this.#deliver(receiver, effect);
    return taken;
  }

  /** @returns whether it was stored, as far as the sender hears of it in time */
  #deliver(receiver: Receiver, effect: Effect): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    this.#world.simulation.schedule(GIVE_UP_MILLISECONDS, null, () => late.resolve(false));
    const stored = receiver(documentOf(effect)).then(
      () => true,
      () => false,
    );
    return Promise.race([stored, late.promise]);
  }
}

type Receiver = (document: unknown) => Promise<void>;

/** As RGW writes it. */
function documentOf(effect: Effect): unknown {
  const name =
    effect.kind === 'put'
      ? 'ObjectCreated:Put'
      : effect.kind === 'expire'
        ? 'ObjectLifecycle:Expiration:Current'
        : 'ObjectRemoved:Delete';
  return {
    Records: [
      {
        eventSource: 'ceph:s3',
        eventName: `s3:${name}`,
        eventTime: new Date(effect.at).toISOString(),
        userIdentity: { principalId: effect.by },
        s3: {
          bucket: { name: effect.bucket },
          object: {
            key: effect.key,
            size: 1,
            eTag: effect.etag ?? '',
            versionId: '',
            sequencer: sequencerOf(effect),
          },
        },
      },
    ],
  };
}

/** Two 32-bit numbers, written byte-reversed: Ceph's are not comparable as text. */
function sequencerOf({ at, order }: Effect): string {
  const halves = [Math.floor(at / 1000), (at % 1000) * 1_000_000 + (order % 1_000_000)];
  const bytes = Buffer.alloc(8);
  halves.forEach((half, index) => bytes.writeUInt32LE(Math.floor(half), index * 4));
  return bytes.toString('hex').toUpperCase();
}
