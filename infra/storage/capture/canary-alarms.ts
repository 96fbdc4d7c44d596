import type * as pulumi from '@pulumi/pulumi';
import { CANARY_METRIC } from '../../../scripts/contract/metrics.ts';
import type { Phase } from '../../../scripts/contract/phases.ts';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';

/** A canary is written a minute; S3 tells of most changes within seconds, of some after a minute or longer. */
const SILENCE_SECONDS = 300;
/** When canaries are written; in the others their silence says nothing, and the alarms stay quiet. */
const PHASES: readonly Phase[] = ['copy', 'cutover', 'retain'];

export type CanaryAlarmsArgs = {
  topic: AlarmTopic | pulumi.Input<string>;
  environment: string;
  /** The names of the buckets that move, in the configuration. */
  moves: readonly string[];
  phase: Phase;
};

/** Rings for each bucket whose canary does not come through: what its clients change may be lost too. */
export function canaryAlarms(
  name: string,
  args: CanaryAlarmsArgs,
  options: pulumi.CustomResourceOptions,
): void {
  const missing = PHASES.includes(args.phase) ? 'breaching' : 'notBreaching';
  for (const move of args.moves) {
    alarm(
      `${name}-${move}-canary`,
      {
        topic: args.topic,
        description:
          `No canary of ${move} has come through for ${SILENCE_SECONDS / 60} minutes: changes on S3 wait, or are lost. ` +
          'Look at the worker heartbeat, at the bucket’s notification document, and at the log of the capture function. ' +
          'After 10 minutes it is a gap in capture: both listings must be merged again before the cutover.',
        metric: {
          ...CANARY_METRIC,
          dimensions: { Environment: args.environment, Move: move },
          statistic: 'Sum',
          periodSeconds: SILENCE_SECONDS,
        },
        below: 1,
        missing,
      },
      options,
    );
  }
}
