import { plan, type Plan } from '../../contract/plan.ts';
import type { Phase } from '../../contract/phases.ts';
import { UserError } from '../../contract/errors.ts';
import { assertLedgerIsCurrent } from '../common/epoch-mirror.ts';
import { abandonEntering, readMove, recordEntering, recordRefusal } from '../../ledger/move.ts';
import { cancelRetire } from '../teardown/retire.ts';
import type { PhaseContext } from './context.ts';
import { runStep } from './steps.ts';

/**
 * The gate of a phase: `create` and `update` of the resource `phase-gate`. The ledger knows where the
 * move is and decides what leads from there to `to`; a gate that fails changes nothing.
 *
 * @returns the phase that the ledger has let the stack into
 * @throws UserError exit 1, where a guard refuses or a phase would be skipped
 */
export async function enterPhase(context: PhaseContext, to: Phase): Promise<Phase> {
  const { ledger, say } = context;
  await assertLedgerIsCurrent(context.environment, ledger);
  const { phase: from, entering } = await readMove(ledger);
  if (entering !== null && entering !== to) {
    say(`gives up entering ${entering}, which was begun and has not arrived`);
    // Entering retire denies writes to S3 before anything else: giving it up allows them again.
    if (entering === 'retire') await cancelRetire(context.environment, ledger);
    await abandonEntering(ledger);
  }
  const planned = plan(from, to);
  const steps = stepsOf(planned, 'gate');
  if (planned.kind === 'stay') return to;
  try {
    for (const step of steps) {
      say(`gate ${step.id}: ${step.says}`);
      await runStep(context, step.id);
      context.lock.assertHeld();
    }
  } catch (error) {
    if (error instanceof UserError) await recordRefusal(ledger, 'refused', to, { reason: error.message });
    throw error;
  }
  await recordEntering(ledger, to, { from });
  return to;
}

/** The steps of one place. Throws UserError where the plan is a refusal. */
export function stepsOf(planned: Plan, place: 'gate' | 'settle') {
  if (planned.kind === 'refused') {
    throw new UserError(`The move cannot go from ${planned.from} to ${planned.to}: ${planned.reason}`, {
      exitCode: 1,
    });
  }
  return planned.steps.filter((step) => step.at === place);
}
