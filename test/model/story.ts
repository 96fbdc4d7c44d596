import { targetEpochKey } from '../../scripts/contract/names.ts';
import { Cast } from './cast.ts';
import { putBy } from './clients.ts';
import { Endless } from './platform/simulation.ts';
import { QUARANTINE_BUCKET, FOLLOWER, SOURCE_BUCKET, TARGET_BUCKET, type ModelWorld } from './world.ts';

const LIMIT = { seconds: 120, events: 150_000 };
const SETTLE_MILLISECONDS = 3000;
const LIMIT_MILLISECONDS = 8000;
const AWAKE_MILLISECONDS = 300;
const WORK_MILLISECONDS = 3000;

/** Runs a plan to its end: what was begun is ended, and nothing moves any more. */
export async function tellStory(world: ModelWorld): Promise<void> {
  const { plan, simulation, source } = world;
  for (const [key, body] of Object.entries(plan.before)) {
    source.put(SOURCE_BUCKET, key, putBy(FOLLOWER, body));
  }
  const cast = new Cast(world);
  cast.begin();
  // Where the ledger was restored in the middle of a turn, writes may wait until a person has seen to it.
  const waited = () => world.restoredAt !== null && simulation.now > world.restoredAt + LIMIT_MILLISECONDS;
  // What the last of them did is worked on in the same weather.
  let until: number | null = null;
  const calm = () => {
    until ??= simulation.now + WORK_MILLISECONDS;
    return simulation.now > until || cast.isQuiet();
  };
  const awake = () => simulation.now > simulation.struckUntil + AWAKE_MILLISECONDS;
  const over = () => (cast.clientsAreDone || waited()) && cast.operator.isDone && awake() && calm();
  await simulation.run(over, LIMIT);
  world.endChaos();
  const done = () => cast.clientsAreDone && cast.operator.isDone && cast.isQuiet();
  const isRestored = () => world.restoredAt !== null;
  if (!isRestored()) {
    cast.operator.tryAgain();
    await settle(() => isRestored() || done());
    await pass(world);
  }
  if (isRestored()) {
    // A process whose ledger was restored does nothing, until a person has seen to it.
    await pass(world);
    mendByHand(world);
    cast.operator.goOn(['retain', 'retire']);
    await settle(done);
    await verify(world);
    await pass(world);
  }
  await simulation.run(() => cast.isQuiet(), LIMIT);
  cast.readAll();
  await simulation.run(() => cast.clientsAreDone, LIMIT);

  async function settle(settled: () => boolean): Promise<void> {
    try {
      await simulation.run(settled, LIMIT);
    } catch (error) {
      if (error instanceof Endless) throw new Endless(`${error.message}: ${cast.unrest().join('; ')}`);
      throw error;
    }
  }
}

/** Says what would be lost with S3, whether or not anybody wants to empty it yet. */
async function verify({ code, environment, simulation }: ModelWorld): Promise<void> {
  let ended = false;
  const take = async () => {
    const ledger = code.connect.openLedger(environment.ledger);
    for (const move of environment.moves) {
      await code.containment.takeContainmentCertificate(environment, ledger, move);
    }
  };
  simulation.spawn('verify', take, () => (ended = true));
  await simulation.run(() => ended, LIMIT);
}

/** Sets a ledger from a backup right, as docs/proof.md says: by what the stores and the parameter know. */
function mendByHand({ ledger, target, simulation }: ModelWorld): void {
  simulation.tell('--- the ledger is set right by hand');
  const turned = target.journal.findLast(({ key }) => key === targetEpochKey(TARGET_BUCKET));
  const mirrored = target.bucket(QUARANTINE_BUCKET).current(targetEpochKey(TARGET_BUCKET));
  if (turned === undefined || mirrored === null) throw new Error('nothing was turned');
  ledger.tables.move = {
    phase: 'cutover',
    entering: null,
    epoch: BigInt(mirrored.body?.toString().trim() ?? '0'),
    writesGoTo: 'target',
    cutoverAt: turned.at,
  };
}

/** Some time, so that what wakes up late is seen too. */
async function pass({ simulation }: ModelWorld): Promise<void> {
  let passed = false;
  simulation.schedule(SETTLE_MILLISECONDS, null, () => (passed = true));
  await simulation.run(() => passed, LIMIT);
}
