import { plan, type StepId } from '../../contract/plan.ts';
import type { Phase } from '../../contract/phases.ts';
import { sayStore } from '../cutover/carry-out.ts';
import { UserError } from '../../contract/errors.ts';
import { assertLedgerIsCurrent } from '../common/epoch-mirror.ts';
import { openHold } from '../../ledger/holds.ts';
import { cancelRetire } from '../teardown/retire.ts';
import { readMove, recordArrival } from '../../ledger/move.ts';
import type { PhaseContext } from './context.ts';
import { stepsOf } from './enter.ts';
import { runStep } from './steps.ts';

/**
 * What a phase needs after all its parts have changed, and the record of the arrival: `create` and
 * `update` of the resource `phase-settle`. May be repeated: what is done already is seen and left.
 */
export async function settlePhase(context: PhaseContext, to: Phase): Promise<Phase> {
  const { ledger, say } = context;
  await assertLedgerIsCurrent(context.environment, ledger);
  const { phase: from, entering } = await readMove(ledger);
  if (from === to && entering === null) {
    await converge(context, to);
    return to;
  }
  if (entering !== to) {
    throw new UserError(
      `The gate has not let the move into ${to}: the ledger is in ${from}, entering ${entering ?? 'nothing'}. ` +
        'Run pulumi up, which asks the gate first.',
      { exitCode: 1 },
    );
  }
  const planned = plan(from, to);
  const steps = stepsOf(planned, 'settle');
  // A settle that failed runs again without its gate, whose inputs did not change: time has passed, so
  // what the gate proved is proven again where the applications are about to turn.
  if (to === 'cutover') {
    for (const guard of stepsOf(planned, 'gate')) await runStep(context, guard.id);
  }
  for (const step of steps.filter((candidate) => candidate.afterArrival !== true)) {
    say(`settle ${step.id}: ${step.says}`);
    await runStep(context, step.id);
    context.lock.assertHeld();
  }
  await recordArrival(ledger, to, { from });
  for (const step of steps.filter((candidate) => candidate.afterArrival === true)) {
    say(`settle ${step.id}: ${step.says}`);
    await runStep(context, step.id);
  }
  return to;
}

/** The settle steps that are worth running again in a phase that has arrived; each sees what is done already. */
const STEPS_AGAIN: Record<Phase, readonly StepId[]> = {
  prepare: [],
  copy: ['writers-enable', 'capture-install', 'sync-start', 'certify-base'],
  cutover: [],
  retain: [],
  retire: ['stragglers-suspend', 'origin-target-only', 'expire-source'],
  done: [],
};

/**
 * The move is where it should be; make sure that what it needs still exists (after a destroy and an up,
 * a killed run, a daemon's restart). Long work that a phase began and did not finish goes on.
 */
async function converge(context: PhaseContext, phase: Phase): Promise<void> {
  const { environment, ledger, say } = context;
  if ((await openHold(ledger)) === null) await sayStore(environment, ledger);
  // A retire whose comparison was not waited for has left writes to S3 denied.
  if (phase === 'retain') await cancelRetire(environment, ledger);
  for (const id of STEPS_AGAIN[phase]) {
    say(`settle ${id}: again, for what may be missing`);
    await runStep(context, id);
  }
}
