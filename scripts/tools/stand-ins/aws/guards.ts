import { withoutIndexes } from '../recording/changes.ts';
import type { PropertyChange, Wire } from '../recording/provider.ts';

/** Inputs that make AWS refuse to delete a resource, and what it answers then. */
export const DELETION_GUARDS: Record<string, { property: string; answer: (id: string) => string }> = {
  'aws:ec2/instance:Instance': {
    property: 'disableApiTermination',
    answer: (id) =>
      `OperationNotPermitted: The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
  },
  'aws:rds/cluster:Cluster': {
    property: 'deletionProtection',
    answer: () =>
      'InvalidParameterCombination: Cannot delete protected Cluster, please disable deletion protection and try again.',
  },
  'aws:lb/loadBalancer:LoadBalancer': {
    property: 'enableDeletionProtection',
    answer: (id) =>
      `OperationNotPermitted: Load balancer '${id}' cannot be deleted because deletion protection is enabled`,
  },
  'aws:eks/cluster:Cluster': {
    property: 'deletionProtection',
    answer: (id) => `InvalidRequestException: Deletion protection is enabled for cluster ${id}.`,
  },
  'aws:dynamodb/table:Table': {
    property: 'deletionProtectionEnabled',
    answer: (id) => `ValidationException: Resource cannot be deleted as it is currently protected: ${id}`,
  },
  'aws:cloudwatch/logGroup:LogGroup': {
    property: 'deletionProtectionEnabled',
    answer: (id) => `ValidationException: Log group ${id} has deletion protection enabled.`,
  },
};

/** What AWS answers where it refuses to delete, or null. */
export function deletionRefusal(type: string, id: string, live: Wire): string | null {
  const guard = DELETION_GUARDS[type.replace(/^aws:alb\//, 'aws:lb/')];
  if (guard !== undefined && live[guard.property] === true) return guard.answer(id);
  // A last snapshot is made unless it is declined, and it needs a name.
  if (
    type === 'aws:rds/cluster:Cluster' &&
    live['skipFinalSnapshot'] !== true &&
    live['finalSnapshotIdentifier'] === undefined
  ) {
    return 'RDS Cluster final_snapshot_identifier is required when skip_final_snapshot is false';
  }
  return null;
}

/**
 * Inputs of an instance that AWS takes only while it is stopped: the provider stops and starts it, and what is
 * on its instance store is gone
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html, ec2_instance.go).
 */
const STOPPING = ['userData', 'userDataBase64', 'instanceType', 'ebsOptimized'];

/** The changed inputs that stop and start an instance. */
export function stopping(type: string, changes: readonly Pick<PropertyChange, 'path'>[]): string[] {
  if (type !== 'aws:ec2/instance:Instance') return [];
  return changes.map(({ path }) => withoutIndexes(path)).filter((path) => STOPPING.includes(path));
}

/** What AWS answers where an instance may not be stopped, or null. */
export function stopRefusal(id: string, live: Wire): string | null {
  return live['disableApiStop'] === true
    ? `OperationNotPermitted: The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`
    : null;
}
