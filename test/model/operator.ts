import type { Phase } from '../../scripts/ledger/move.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { messageOf } from '../../scripts/contract/errors.ts';
import type { Story } from './plan.ts';
import type { ModelWorld } from './world.ts';

type Goal = 'prepare' | 'sync' | Extract<Phase, 'copy' | 'cutover' | 'retain' | 'retire'>;
type Beginning = 'chance' | 'chance at the hold';

/** What the operator goes for, in this order, and where chance begins. */
const GOALS: Record<Story, readonly (Goal | Beginning)[]> = {
  copy: ['prepare', 'chance', 'sync'],
  follow: ['prepare', 'sync', 'chance'],
  gate: ['prepare', 'sync', 'chance', 'cutover'],
  cutover: ['prepare', 'sync', 'chance at the hold', 'cutover'],
  gap: ['prepare', 'sync', 'chance at the hold', 'cutover'],
  stragglers: ['prepare', 'sync', 'cutover', 'chance'],
  late: ['prepare', 'sync', 'chance at the hold', 'cutover'],
  fallback: ['prepare', 'sync', 'cutover', 'chance'],
  rollback: ['prepare', 'sync', 'cutover', 'chance', 'copy'],
  restore: ['prepare', 'sync', 'chance at the hold', 'cutover'],
  retire: ['prepare', 'sync', 'cutover', 'retain', 'chance', 'retire'],
};
/** How often he says `pulumi up` again. */
const LIMIT = 4;
const AGAIN_MILLISECONDS = 300;
const SECONDS_OF_A_DAY = 86_400;

/** Who says `pulumi up`, phase by phase, and says it again where it was refused or killed. */
export class Operator {
  readonly #world: ModelWorld;
  readonly #beginChance: (ledger: Pool) => Promise<void>;
  readonly #goals: (Goal | Beginning)[];
  #goal = 0;
  #tries = 0;
  #isAtWork = false;
  #chanceAtHold = false;

  constructor(world: ModelWorld, beginChance: (ledger: Pool) => Promise<void>) {
    this.#world = world;
    this.#beginChance = beginChance;
    this.#goals = [...GOALS[world.plan.story]];
  }

  get isDone(): boolean {
    const isThere = this.#goal >= this.#goals.length;
    return !this.#isAtWork && (isThere || this.#tries >= LIMIT);
  }

  /** Comes again, with fresh patience. */
  tryAgain(): void {
    this.#tries = 0;
    if (!this.#isAtWork && !this.isDone) this.begin();
  }

  /** Comes again, to go further than was meant at first. */
  goOn(goals: readonly Goal[]): void {
    this.#goals.push(...goals);
    this.tryAgain();
  }

  /** A process that goes on from where the ledger says that the move is. */
  begin(): void {
    const { simulation, code, environment } = this.#world;
    this.#isAtWork = true;
    const process = simulation.spawn(
      'operator',
      () => this.#goOn(code.connect.openLedger(environment.ledger)),
      (error) => {
        if (error !== undefined) simulation.tell(`the operator was refused: ${messageOf(error)}`);
      },
    );
    process.atEnd.push(() => {
      this.#isAtWork = false;
      this.#tries += 1;
      if (!this.isDone) simulation.schedule(AGAIN_MILLISECONDS, null, () => this.begin());
    });
  }

  async #goOn(ledger: Pool): Promise<void> {
    const { simulation } = this.#world;
    const goals = this.#goals;
    for (let goal = goals[this.#goal]; goal !== undefined; goal = goals[this.#goal]) {
      simulation.tell(`--- ${goal}`);
      if (goal === 'chance at the hold') {
        this.#chanceAtHold = true;
      } else if (goal === 'chance') {
        this.#goal += 1; // once, also where he is killed by what begins now
        this.#tries = 0;
        await this.#beginChance(ledger);
        continue;
      } else {
        await this.#reach(ledger, goal);
      }
      this.#goal += 1;
      this.#tries = 0;
    }
  }

  async #reach(ledger: Pool, goal: Goal): Promise<void> {
    const { code, environment, plan } = this.#world;
    const lock = await code.locks.takeLock(ledger, 'step', { wait: true });
    if (lock === null) throw new Error('the lock was waited for');
    try {
      const clockAheadSeconds = goal === 'retire' ? plan.daysAhead * SECONDS_OF_A_DAY : 0;
      const say = (line: string) => this.#hear(ledger, line);
      const context = code.context.phaseContext({ ...environment, clockAheadSeconds }, ledger, lock, { say });
      if (goal === 'prepare') {
        await code.steps.runStep(context, 'origin-source');
        await code.steps.runStep(context, 'parameter-source');
        await code.move.recordArrival(ledger, 'copy');
      } else if (goal === 'sync') {
        await this.#copy(ledger);
      } else {
        await code.enter.enterPhase(context, goal);
        await code.settle.settlePhase(context, goal).catch(async (error: unknown) => {
          const { phase, entering } = await code.move.readMove(ledger);
          // What comes after the arrival starts long work by a supervisor, which the model is itself.
          if (phase !== goal || entering !== null) throw error;
        });
      }
    } finally {
      lock.release();
    }
  }

  #hear(ledger: Pool, line: string): void {
    this.#world.simulation.tell(line);
    if (!this.#chanceAtHold || !line.startsWith('settle hold-')) return;
    this.#chanceAtHold = false;
    void this.#beginChance(ledger);
  }

  /** The bulk copy, which the workers do. */
  async #copy(ledger: Pool): Promise<void> {
    const { code, environment, simulation } = this.#world;
    await code.start.startSyncRuns(environment, ledger);
    for (;;) {
      const { state } = await code.shards.syncProgress(ledger, 'images');
      if (state === 'done') break;
      await simulation.hop(200);
    }
  }
}
