import { byType, type Check, type ResourceRule } from '../rule.ts';
import { block, isGiven, isTrue, list, UNKNOWN } from '../values.ts';

/** An incident is often noticed weeks later. */
const LEAST_DAYS = 30;

const includes =
  (property: string, wanted: readonly string[]): Check =>
  (props) => {
    const missing = wanted.filter((name) => !list(props[property]).includes(name));
    return [
      props[property] !== UNKNOWN && missing.length > 0 && `${property} must include ${missing.join(', ')}`,
    ];
  };

/** What happened is written down, kept for a while, and not for ever. */
export const logRetention: ResourceRule = {
  name: 'log-retention',
  description: `Logs are written, kept for at least ${LEAST_DAYS} days, and not for ever.`,
  severity: 'medium',
  remedy: 'Use logGroup (infra/foundation/logs.ts) and AccessLogs.',
  check: byType({
    'aws:cloudwatch/logGroup:LogGroup': ({ retentionInDays: days }) => [
      days === undefined || days === 0
        ? 'retentionInDays is not set: it would be kept, and paid, for ever'
        : typeof days === 'number' &&
          days < LEAST_DAYS &&
          `retentionInDays is ${days}; at least ${LEAST_DAYS}`,
    ],
    'aws:eks/cluster:Cluster': includes('enabledClusterLogTypes', ['api', 'audit', 'authenticator']),
    // The group that Lambda makes by itself is kept for ever.
    'aws:lambda/function:Function': (props) => [
      props['loggingConfig'] !== UNKNOWN &&
        !isGiven(block(props['loggingConfig'])['logGroup']) &&
        'loggingConfig.logGroup is not set: Lambda would make one without key and end',
    ],
    'aws:lb/loadBalancer:LoadBalancer': (props) => [
      // Network load balancers write them for TLS listeners only.
      props['loadBalancerType'] !== 'network' &&
        props['accessLogs'] !== UNKNOWN &&
        !isTrue(block(props['accessLogs'])['enabled']) &&
        'accessLogs.enabled must be true',
    ],
    'aws:rds/cluster:Cluster': includes('enabledCloudwatchLogsExports', ['postgresql']),
  }),
};
