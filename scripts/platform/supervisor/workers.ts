import { UserError } from '../../contract/errors.ts';
import { groupState, startGroup } from './supervisor.ts';
import type { LongWork, Workers } from '../long-work.ts';

/** The supervisor's groups. Comparisons run inside the steps, which wait for them on one machine. */
const GROUPS: Partial<Record<LongWork, string>> = { copy: 'sync' };

/** The workers of one machine. They are the same processes for every run: the ledger says which is open. */
export function supervisorWorkers(supervisorConfig: string): Workers {
  return {
    start: (work) => startGroup(supervisorConfig, groupOf(work)),
    state: (work) => groupState(supervisorConfig, groupOf(work)),
    whereToLook: (work) => `Their logs say why: log/${groupOf(work)}-*.log in the home folder.`,
  };
}

function groupOf(work: LongWork): string {
  const group = GROUPS[work];
  if (group === undefined) {
    throw new UserError(
      `The supervisor has no workers for "${work}": with storage:wait the step does it by itself`,
    );
  }
  return group;
}
