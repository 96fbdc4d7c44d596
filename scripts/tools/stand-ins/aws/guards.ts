import { inputOf, type PropertyChange } from '../changes.ts';
import type { Wire } from '../wire.ts';
import { awsType } from './types.ts';

/** Why AWS refuses to delete a resource, or null. */
export function deletionRefusal(type: string, live: Wire): string | null {
  const { guard } = awsType(type);
  if (guard !== undefined && live[guard] === true) {
    return `OperationNotPermitted: deletion protection (${guard}) is enabled`;
  }
  // A last snapshot is made unless it is declined, and it needs a name.
  const { skipFinalSnapshot, finalSnapshotIdentifier } = live;
  return type === 'aws:rds/cluster:Cluster' &&
    skipFinalSnapshot !== true &&
    finalSnapshotIdentifier === undefined
    ? 'finalSnapshotIdentifier is required when skipFinalSnapshot is false'
    : null;
}

/**
 * Inputs of an instance that AWS takes only while it is stopped: the provider stops and starts it, and what is
 * on its instance store is gone
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html, ec2_instance.go).
 */
const STOPPING = ['userData', 'userDataBase64', 'instanceType', 'ebsOptimized'];

/** The changed inputs that stop and start an instance. */
export function stopping(type: string, changes: readonly PropertyChange[]): string[] {
  if (type !== 'aws:ec2/instance:Instance') return [];
  return changes.map(({ path }) => inputOf(path)).filter((input) => STOPPING.includes(input));
}

/** What AWS answers where an instance may not be stopped, or null. */
export function stopRefusal(id: string, live: Wire): string | null {
  return live['disableApiStop'] === true
    ? `OperationNotPermitted: The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`
    : null;
}
