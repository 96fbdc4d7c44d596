/** Counts the canaries that capture has stored; silence rings an alarm. Dimensions: `Environment`, `Move`. */
export const CANARY_METRIC = { namespace: 'Storage/Capture', name: 'Canaries' } as const;

/**
 * A line of a Lambda's log of which CloudWatch makes the metric by itself.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function canaryLine(environment: string, move: string, at: number): Record<string, unknown> {
  const { namespace, name } = CANARY_METRIC;
  const metrics = {
    Namespace: namespace,
    Dimensions: [['Environment', 'Move']],
    Metrics: [{ Name: name, Unit: 'Count' }],
  };
  return {
    _aws: { Timestamp: at, CloudWatchMetrics: [metrics] },
    Environment: environment,
    Move: move,
    [name]: 1,
  };
}
