import * as pulumi from '@pulumi/pulumi';
import { isPhase, type Phase } from '../scripts/contract/phases.ts';
import { describePlan, plan } from '../scripts/contract/plan.ts';

/**
 * Says what this update would do to the move, so that a preview, on a pull request too, shows the steps
 * before anybody runs them. Only says: where the move really is, the ledger knows, and the gate asks it.
 *
 * The phase that the stack is in is its own last output, read from its own state: a preview runs nothing. Read by
 * the engine's own function, for a StackReference would be a resource that holds the outputs of before: drift,
 * whenever somebody looks for it.
 */
export async function announcePlan(to: Phase): Promise<void> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { outputs } = (await pulumi.runtime.invoke('pulumi:pulumi:readStackOutputs', { name })) as {
    outputs: Record<string, unknown>;
  };
  const value = outputs['phase'];
  if (typeof value === 'string' && isPhase(value)) {
    await pulumi.log.info(describePlan(plan(value, to)));
  } else if (to === 'prepare') {
    await pulumi.log.info(describePlan(plan('none', to)));
  } else {
    await pulumi.log.info(
      `This stack has no record of a phase (it is new, or was destroyed): the gate asks the ledger whether the move may be in ${to}.`,
    );
  }
}
