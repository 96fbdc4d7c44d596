import { byType, type ResourceRule } from '../rule.ts';
import { isSurelyTrue } from '../values.ts';

/** A change of any of these replaces the machine, or stops it: what is on its instance store is gone. */
const IGNORED = ['ami', 'userData', 'userDataBase64'];

/**
 * A plain instance is only used where the machine holds something (the nodes of Ceph): the rest comes and
 * goes in groups. It outlives every change of its image and of its user data.
 */
export const immutableMachines: ResourceRule = {
  name: 'immutable-machines',
  description: 'A new image or new user data replaces and stops no machine that holds data.',
  severity: 'critical',
  remedy: `Set ignoreChanges: ${JSON.stringify(IGNORED)}; a machine is renewed by its runbook, one at a time.`,
  check: byType({
    'aws:ec2/instance:Instance': (props, { options }) => {
      const missing = IGNORED.filter((property) => !options.ignoreChanges.includes(property));
      return [
        missing.length > 0 && `ignoreChanges lacks ${missing.join(', ')}`,
        isSurelyTrue(props['userDataReplaceOnChange']) && 'userDataReplaceOnChange must not be true',
        isSurelyTrue(props['forceDestroy']) && 'forceDestroy must not be true',
      ];
    },
  }),
};
