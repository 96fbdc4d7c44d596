import type * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import { METRICS_NAMESPACE } from './names.ts';

type Ring = {
  metric: string;
  description: string;
  above: number;
  minutes: number;
  missing: 'breaching' | 'notBreaching';
};

const HEALTH = 'From a monitor: cephadm shell -- ceph health detail.';

/** What a cluster tells of itself every minute (scripts/ceph-hosts/host/figures.py), and when that is an alarm. */
const RINGS: Readonly<Record<string, Ring>> = {
  error: {
    metric: 'HealthStatus',
    above: 1,
    minutes: 2,
    missing: 'breaching',
    description:
      'The cluster is in HEALTH_ERR, or says nothing of itself: objects may be out of reach or close to it. ' +
      HEALTH,
  },
  inactive: {
    metric: 'InactiveGroups',
    above: 0,
    minutes: 5,
    missing: 'notBreaching',
    description:
      'Placement groups are inactive: their objects can be neither read nor written until enough OSDs are back. ' +
      HEALTH,
  },
  'osds-down': {
    metric: 'OsdsDown',
    above: 0,
    minutes: 10,
    missing: 'notBreaching',
    description:
      'OSDs are down. Objects are whole from the copies elsewhere, with less left to lose. ' +
      `${HEALTH} docs/runbooks/ceph-replace-node.md says how a node is replaced.`,
  },
  filling: {
    metric: 'FullestOsdPercent',
    above: 75,
    minutes: 15,
    missing: 'notBreaching',
    description:
      'The fullest OSD is over 75 %. At 85 % Ceph warns, at 95 % every write hangs. Add nodes now: ' +
      'docs/runbooks/ceph-grow.md.',
  },
  'queue-deep': {
    metric: 'QueuedNotifications',
    above: 100_000,
    minutes: 10,
    missing: 'notBreaching',
    description:
      "Notifications wait in RGW's queue and are not taken. When it is full RGW refuses clients that write. Look at the " +
      'receivers (kubectl -n storage get pods -l app=events).',
  },
  'root-full': {
    metric: 'RootDiskPercent',
    above: 80,
    minutes: 15,
    missing: 'breaching',
    description:
      "A host's own disk is over 80 %, or hosts say nothing. A monitor without room stops. Look for old images: podman " +
      'image prune.',
  },
};

/** Alarms for what a cluster can lose. */
export function clusterAlarms(
  name: string,
  args: { cluster: string; topic: AlarmTopic },
  options: pulumi.CustomResourceOptions,
): void {
  for (const [purpose, { metric, above, minutes, missing, description }] of Object.entries(RINGS)) {
    alarm(
      `${name}-${purpose}`,
      {
        topic: args.topic,
        description: `Ceph cluster ${args.cluster}: ${description}`,
        metric: {
          namespace: METRICS_NAMESPACE,
          name: metric,
          dimensions: { Cluster: args.cluster },
          statistic: 'Maximum',
          periodSeconds: 60,
        },
        above,
        forPeriods: minutes,
        missing,
      },
      options,
    );
  }
}
