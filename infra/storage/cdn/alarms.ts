import type * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmMetric, type AlarmTopic } from '../../foundation/alarms.ts';
import { EDGE_REGION } from '../applications/certificates.ts';

/**
 * What browsers notice first: errors and slowness of a distribution. Its metrics are in us-east-1 whatever
 * the stack's region is, and so are its alarms.
 */
export function cdnAlarms(
  name: string,
  args: { topic: AlarmTopic; distributionId: pulumi.Input<string> },
  options: pulumi.CustomResourceOptions,
): void {
  const metric = (metricName: string, statistic: AlarmMetric['statistic']): AlarmMetric => ({
    namespace: 'AWS/CloudFront',
    name: metricName,
    dimensions: { DistributionId: args.distributionId, Region: 'Global' },
    statistic,
    periodSeconds: 60,
  });
  alarm(
    `${name}-errors`,
    {
      topic: args.topic,
      description:
        'More than 1 % of the requests at the edge end in an error of ours (5xx): images are missing on pages. ' +
        'Look at the load balancer of the cache tier and at what its Nginx logs.',
      metric: metric('5xxErrorRate', 'Average'),
      above: 1,
      forPeriods: 5,
      missing: 'notBreaching',
      region: EDGE_REGION,
    },
    options,
  );
  alarm(
    `${name}-latency`,
    {
      topic: args.topic,
      description:
        'One in a hundred requests that the edge cannot answer itself waits longer than 3 s for the cache tier: ' +
        'pages load slowly. Look at the load of Nginx and RGW, and at the health of the images cluster.',
      metric: metric('OriginLatency', 'p99'),
      above: 3000,
      forPeriods: 10,
      missing: 'notBreaching',
      region: EDGE_REGION,
    },
    options,
  );
}
